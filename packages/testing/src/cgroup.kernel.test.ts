import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createBpffsFolder } from './bpffs.ts';
import { createCgroup } from './cgroup.ts';
import { describeKernel } from './kernel-gate.ts';
import { createNetns } from './netns.ts';

describeKernel('cgroup', () => {
  test('commands run inside it', () => {
    using cgroup = createCgroup('inside');
    const own = cgroup.exec('cat', ['/proc/self/cgroup']);
    expect(own).toMatch(new RegExp(`^0::.*/${cgroup.path.split('/').pop()}$`, 'm'));
  });

  test('commands run inside it and in a network namespace', () => {
    using cgroup = createCgroup('both');
    using ns = createNetns('both');
    const both = cgroup.in(ns);
    expect(both.exec('cat', ['/proc/self/cgroup'])).toContain(cgroup.path.split('/').pop());
    expect(both.exec('ip', ['netns', 'identify']).trim()).toBe(ns.name);
  });

  test('close ends its processes, removes it, and can be repeated', async () => {
    const cgroup = createCgroup('closing');
    const child = cgroup.spawn('sh', ['-c', 'sleep 60 & echo ready; wait'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(child.stdout!, 'data', { signal: AbortSignal.timeout(60_000) });
    expect(readFileSync(`${cgroup.path}/cgroup.procs`, 'utf8')).toContain(String(child.pid));
    cgroup.close();
    expect(existsSync(cgroup.path)).toBe(false);
    cgroup.close();
    expect(() => cgroup.exec('true')).toThrow(expect.objectContaining({ code: 'LBX_TESTING_CLOSED' }));
  });
});

describeKernel('bpffs folder', () => {
  test('lies on bpffs and is removed with what is in it', () => {
    const folder = createBpffsFolder('pins');
    expect(readFileSync('/proc/mounts', 'utf8').match(/ \/sys\/fs\/bpf bpf /g)).toHaveLength(1);
    mkdirSync(`${folder.path}/below`);
    folder.close();
    expect(existsSync(folder.path)).toBe(false);
    folder.close();
  });
});
