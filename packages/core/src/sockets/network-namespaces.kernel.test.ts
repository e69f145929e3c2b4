import { statSync } from 'node:fs';
import { createNetns, describeKernel } from '@lbx/testing';
import { expect, it } from 'vitest';
import { findNamespaces } from './network-namespaces.ts';

const inode = (path: string) => statSync(path).ino;

describeKernel('findNamespaces', () => {
  it('finds this one, named ones, and those that only a process is in', async () => {
    const named = createNetns('named');
    const other = createNetns('other');
    const child = named.spawn('unshare', ['--net', 'sh', '-c', 'echo ready; read line'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    try {
      await new Promise((resolve) => child.stdout!.once('data', resolve));
      const nameless = inode(`/proc/${child.pid}/ns/net`);
      const wanted = [inode('/proc/self/ns/net'), inode(named.path), nameless];
      const found = findNamespaces([...wanted, 1]);
      expect([...found.keys()].sort()).toEqual([...wanted].sort());
      for (const [number, path] of found) expect(inode(path)).toBe(number);
      expect(found.has(inode(other.path))).toBe(false);
      expect(found.get(nameless)).toMatch(/^\/proc\/\d+\/ns\/net$/);
    } finally {
      child.stdin!.end();
      named.close();
      other.close();
    }
  });

  it('looks for nothing when nothing is wanted', () => {
    expect(findNamespaces([]).size).toBe(0);
  });
});
