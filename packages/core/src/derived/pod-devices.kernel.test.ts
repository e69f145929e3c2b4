import { join } from 'node:path';
import { flowCatalog } from '@lbx/maps';
import { createNetns, createVethPair, describeKernel, type Netns } from '@lbx/testing';
import { BpfMap } from 'libbpf-ts';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createNodeFixture, type NodeFixture } from '../../test/node-fixture.ts';
import type { LoadBalancerOptions } from '../options/options.ts';
import { createKernelTable } from '../tables/kernel-table.ts';

describeKernel('pods that packets go straight into', () => {
  vi.setConfig({ testTimeout: 120_000 });
  let fixture: NodeFixture;
  let pod: Netns;
  beforeEach(() => {
    fixture = createNodeFixture('core-pods');
    pod = createNetns('core-pods-pod');
  });
  afterEach(() => {
    pod[Symbol.dispose]();
    fixture[Symbol.dispose]();
  });

  const start = (options: LoadBalancerOptions) =>
    fixture.start({ podDevices: ['veth*'], families: [4], cgroup: false, ...options });
  const known = () => {
    using map = BpfMap.openPinned(join(fixture.pins, 'lbx_pod_devices'));
    return [...createKernelTable(map, flowCatalog.lbx_pod_devices).entries()].map(([{ ifindex }]) => ifindex);
  };
  const plug = () => {
    const [node, inside] = [
      { ns: fixture.node, device: 'veth7', addresses: [] },
      { ns: pod, device: 'eth0', addresses: [] },
    ];
    createVethPair(node, inside);
    return fixture.node.device('veth7').index;
  };

  it('are those on veth pairs into other namespaces, as they come and go', async () => {
    const first = plug();
    // Of this pair both ends are on the node: the kernel would drop what is to go straight into it.
    fixture.ip('link', 'add', 'veth8', 'type', 'veth', 'peer', 'veth9');
    start({ redirect: 'peer' });
    expect(known()).toEqual([first]);
    fixture.ip('link', 'delete', 'veth7');
    await expect.poll(known, { timeout: 30_000 }).toEqual([]);
    const second = plug();
    await expect.poll(known, { timeout: 30_000 }).toEqual([second]);
  });

  it('are none unless that is asked for, also behind a process that was', () => {
    plug();
    const asked = start({ redirect: 'peer' });
    expect(known()).toHaveLength(1);
    asked.close();
    start({});
    expect(known()).toEqual([]);
  });
});
