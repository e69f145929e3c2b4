import type { NetworkDevice } from 'libbpf-ts';
import { expect, it } from 'vitest';
import type { LoadBalancerOptions } from '../options/options.ts';
import { resolveOptions } from '../options/resolve-options.ts';
import { plansFor } from './plans.ts';

const device = (name: string, kind?: string): NetworkDevice => ({
  name,
  ifindex: name.length,
  mtu: 1500,
  isUp: true,
  isLoopback: name === 'lo',
  ...(kind === undefined ? {} : { kind }),
});
const devices = [
  device('lo'),
  device('eth0'),
  device('eth1.5'),
  device('veth12', 'veth'),
  device('lxc1', 'veth'),
];
const programs = [
  'lbx_xdp',
  'lbx_tc_ingress',
  'lbx_tc_egress',
  'lbx_tc_from_pod',
  'lbx_tc_to_pod',
  'lbx_connect4',
];

/** Names of the hooks, in the order that they are attached in. */
function namesFor(given: LoadBalancerOptions, loaded = programs): string[] {
  const options = resolveOptions(
    { snatAddress: '192.0.2.1', tc: 'clsact', ...given },
    { devices, addresses: [] },
  );
  const context = {
    options,
    cgroup: undefined,
    programs: new Map(loaded.map((name) => [name, {}])),
    socketPrograms: ['lbx_connect4'],
    isOurMap: () => false,
  };
  return plansFor(devices, context).map(({ name }) => name);
}

it.each<[LoadBalancerOptions, string[]]>([
  [{ devices: ['eth0'] }, ['tc_egress_eth0', 'tc_ingress_eth0', 'xdp_eth0']],
  [{ devices: ['eth0'], xdp: 'off' }, ['tc_egress_eth0', 'tc_ingress_eth0']],
  [
    { devices: ['eth1.5', 'eth0'], xdp: { eth0: 'off' } },
    ['tc_egress_eth0', 'tc_ingress_eth0', 'tc_egress_eth1:5', 'tc_ingress_eth1:5', 'xdp_eth1:5'],
  ],
  [{ devices: ['eth7'], xdp: 'off' }, []],
  [
    { podDevices: ['veth*', 'lxc?'] },
    ['tc_to_pod_veth12', 'tc_from_pod_veth12', 'tc_to_pod_lxc1', 'tc_from_pod_lxc1'],
  ],
  [{ devices: ['lxc1'], xdp: 'off', podDevices: ['lxc*'] }, ['tc_egress_lxc1', 'tc_ingress_lxc1']],
  [{ podDevices: ['lo'] }, []],
])('%o', (options, expected) => {
  expect(namesFor(options)).toEqual(expected);
});

it('has no hook for a program that is not loaded', () => {
  expect(namesFor({ devices: ['eth0'], podDevices: ['veth*'], xdp: 'off' }, ['lbx_tc_egress'])).toEqual([
    'tc_egress_eth0',
  ]);
});
