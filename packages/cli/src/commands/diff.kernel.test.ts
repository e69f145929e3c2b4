import { createLoadBalancer } from '@lbx/core';
import { createBpffsFolder, createCgroup, describeKernel } from '@lbx/testing';
import { expect, it } from 'vitest';
import { manifests, run } from '../../test/run.ts';

describeKernel('lbx diff', () => {
  it('compares what is wanted with pinned maps, also while a load balancer runs on them', async () => {
    using folder = createBpffsFolder('cli-diff');
    using cgroup = createCgroup('cli-diff');
    const pins = `${folder.path}/pins`;
    using lb = createLoadBalancer({ cgroup: cgroup.path, pins, nodeAddresses: [] });
    lb.apply([
      {
        name: 'shop/web',
        frontends: [{ address: '198.51.100.80', port: 80, protocol: 'TCP', type: 'LoadBalancer' }],
        backends: [{ address: '203.0.113.1', port: 8080, protocol: 'TCP' }],
      },
    ]);
    const before = lb.dump();
    const { code, lines } = await run(['diff', manifests, '--node', 'node-a', '--pins', pins]);
    expect(code).toBe(1);
    expect(lines[0]).toBe(`different, from the maps pinned in ${pins} to the manifests in ${manifests}`);
    expect(lines).toContain('~ 198.51.100.80:80/TCP  LoadBalancer  shop/web');
    expect(lines).toContain('  + backend 203.0.113.2:8080/TCP');
    expect(lb.dump()).toEqual(before);
    const same = await run(['diff', '-', 'live', '--pins', pins], before.join('\n'));
    expect(same).toMatchObject({ code: 0, err: '' });
  });
});
