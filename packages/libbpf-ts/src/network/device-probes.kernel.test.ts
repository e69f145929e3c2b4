import { createNetns, describeKernel, type Netns } from '@lbx/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { objectPath } from '../../test/object-path.ts';
import { inNetns } from '../link/in-netns.ts';
import { queryTcFilters } from '../link/tc-filters.ts';
import { load } from '../object/load.ts';
import { readDriverInfo } from './ethtool.ts';
import { queryXdpFeatures } from './xdp-features.ts';

describeKernel('what devices tell of themselves', () => {
  let netns: Netns;
  const inside = <T>(use: () => T) => inNetns(netns.path, use);
  beforeAll(() => {
    netns = createNetns('device-probes');
    netns.exec('ip', ['link', 'add', 'eth0', 'type', 'veth', 'peer', 'eth1']);
    netns.exec('ip', ['link', 'add', 'br7', 'type', 'bridge']);
  });
  afterAll(() => netns.close());

  it('driver, queues and features, as ethtool has them', () => {
    const info = inside(() => readDriverInfo('eth0'));
    expect(info).toMatchObject({ driver: 'veth', channels: { rx: 1, tx: 1, combined: 0 } });
    const shown = netns.exec('ethtool', ['-k', 'eth0']);
    const word = (on: boolean | undefined) => (on ? 'on' : 'off');
    expect(shown).toContain(`rx-vlan-offload: ${word(info.features.get('rx-vlan-hw-parse'))}`);
    expect(shown).toContain(`large-receive-offload: ${word(info.features.get('rx-lro'))}`);
    expect(shown).toContain(`generic-receive-offload: ${word(info.features.get('rx-gro'))}`);
    netns.exec('ethtool', ['-K', 'eth0', 'gro', 'on']);
    expect(inside(() => readDriverInfo('eth0')).features.get('rx-gro')).toBe(true);
    netns.exec('ethtool', ['-K', 'eth0', 'gro', 'off']);
    expect(inside(() => readDriverInfo('eth0')).features.get('rx-gro')).toBe(false);
    expect(() => inside(() => readDriverInfo('none'))).toThrow(expect.objectContaining({ code: 'ENODEV' }));
  });

  it('what their drivers can do for XDP', () => {
    expect(inside(() => queryXdpFeatures('eth0'))?.has('basic')).toBe(true);
    expect(inside(() => queryXdpFeatures('br7'))).toEqual(new Set());
  });

  it('filters of tc, in the order they run', () => {
    using object = load(objectPath('rich'));
    const program = object.program('rich_tc');
    const add = (priority: number) =>
      inside(() => program.attachTc({ ifindex: 'eth0', direction: 'ingress', via: 'clsact', priority }));
    expect(inside(() => queryTcFilters({ ifindex: 'eth0', direction: 'ingress' }))).toEqual([]);
    const links = [add(9), add(3)];
    expect(inside(() => queryTcFilters({ ifindex: 'eth0', direction: 'ingress' }))).toMatchObject(
      [3, 9].map((priority) => ({ kind: 'bpf', priority, programId: program.id, programName: 'rich_tc' })),
    );
    expect(inside(() => queryTcFilters({ ifindex: 'eth0', direction: 'egress' }))).toEqual([]);
    for (const link of links) inside(() => link[Symbol.dispose]());
  });
});
