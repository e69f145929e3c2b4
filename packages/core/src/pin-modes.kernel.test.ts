import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createBpffsFolder, createCgroup, describeKernel } from '@lbx/testing';
import { expect, it } from 'vitest';
import { createLoadBalancer } from './load-balancer.ts';

describeKernel('pins', () => {
  it('are for root alone, whatever the umask', () => {
    using folder = createBpffsFolder('modes');
    using cgroup = createCgroup('modes');
    const pins = join(folder.path, 'pins');
    const mask = process.umask(0);
    try {
      createLoadBalancer({ cgroup: cgroup.path, pins, nodeAddresses: [] }).close();
    } finally {
      process.umask(mask);
    }
    const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
    const entries = readdirSync(pins, { recursive: true, withFileTypes: true });
    const modes = entries.map(
      (entry) => `${entry.isDirectory() ? 'folder' : 'pin'} ${modeOf(join(entry.parentPath, entry.name))}`,
    );
    expect([modeOf(pins), ...new Set(modes)].sort()).toEqual(['700', 'folder 700', 'pin 600']);
    expect(entries.length).toBeGreaterThan(10);
  });
});
