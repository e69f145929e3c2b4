import { createMemoryTable, flowCatalog } from '@lbx/maps';
import { describe, expect, it } from 'vitest';
import { podDevicesOf, syncPodDevices } from './pod-devices.ts';

const device = (ifindex: number, more: object = { kind: 'veth', isLinkedElsewhere: true }) => ({
  ifindex,
  name: `d${ifindex}`,
  mtu: 1500,
  isUp: true,
  isLoopback: false,
  ...more,
});

const attached = (program: string, ifindex: number) => ({ plan: { program, target: `${ifindex}` } as never });
const both = (ifindex: number) => [attached('lbx_tc_from_pod', ifindex), attached('lbx_tc_to_pod', ifindex)];

describe('devices that lead straight into a pod', () => {
  it.each([
    ['a veth pair whose other end is elsewhere', device(5), both(5), [5]],
    ['netkit', device(5, { kind: 'netkit', isLinkedElsewhere: true }), both(5), [5]],
    ['a veth pair within the node', device(5, { kind: 'veth' }), both(5), []],
    ['another kind of device', device(5, { kind: 'macvlan', isLinkedElsewhere: true }), both(5), []],
    ['hardware', device(5, {}), both(5), []],
    ['without programs', device(5), [], []],
    ['with one program of two', device(5), [attached('lbx_tc_from_pod', 5)], []],
    ['with programs on another device', device(5), both(6), []],
  ] as const)('%s', (_name, one, attachments, expected) => {
    expect([...podDevicesOf([one], attachments, { redirect: 'peer' })]).toEqual(expected);
  });

  it('none, where that is not asked for', () => {
    expect([...podDevicesOf([device(5)], both(5), { redirect: 'auto' })]).toEqual([]);
  });

  it('the table follows them', () => {
    const table = createMemoryTable(flowCatalog.lbx_pod_devices);
    const entries = () => [...table.entries()].map(([{ ifindex }]) => ifindex).sort();
    expect(syncPodDevices(table, new Set([5, 6]))).toBe(2);
    expect(syncPodDevices(table, new Set([5, 6]))).toBe(0);
    expect(syncPodDevices(table, new Set([6, 7]))).toBe(2);
    expect(entries()).toEqual([6, 7]);
    expect(syncPodDevices(table, new Set())).toBe(2);
    expect(entries()).toEqual([]);
  });
});
