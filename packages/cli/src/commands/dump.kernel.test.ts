import { readdirSync } from 'node:fs';
import { createLoadBalancer } from '@lbx/core';
import { createBpffsFolder, createCgroup, describeKernel } from '@lbx/testing';
import { expect, it } from 'vitest';
import { run } from '../../test/run.ts';

describeKernel('lbx dump and lbx cleanup', () => {
  it('show what is pinned after the process that wrote it has closed, and remove it', async () => {
    using folder = createBpffsFolder('cli');
    using cgroup = createCgroup('cli');
    const pins = `${folder.path}/pins`;
    const lb = createLoadBalancer({ cgroup: cgroup.path, pins, nodeAddresses: [] });
    lb.apply([
      {
        name: 'shop/web',
        frontends: [{ address: '198.51.100.1', port: 80, protocol: 'TCP', type: 'ClusterIP' }],
        backends: [{ address: '192.0.2.10', port: 8080, protocol: 'TCP' }],
      },
    ]);
    lb.close();

    const dumped = await run(['dump', '--pins', pins]);
    expect(dumped).toMatchObject({ code: 0, err: '' });
    expect(dumped.lines).toContain('lb4_backends_v3 id=1 => 192.0.2.10:8080/TCP active');
    expect(JSON.parse((await run(['dump', '--pins', pins, '--json'])).out)).toEqual(dumped.lines);

    const removed = await run(['cleanup', '--pins', pins, '--json']);
    expect(removed).toMatchObject({ code: 0, err: '' });
    const names = JSON.parse(removed.out).items.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(['cgroup_connect4', 'lb4_services_v2']));
    expect(readdirSync(folder.path)).toEqual([]);
    expect((await run(['cleanup', '--pins', pins])).lines[0]).toBe(`nothing of lbx is pinned in ${pins}`);
    expect((await run(['dump', '--pins', pins])).code).toBe(4);
  });
});
