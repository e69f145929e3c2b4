import { Command } from 'commander';
import { expect, it } from 'vitest';
import { addLoadBalancerFlags, type LoadBalancerFlags, loadBalancerOptions } from './load-balancer-flags.ts';

const parse = (...args: string[]) => {
  const command = addLoadBalancerFlags(
    new Command('agent').exitOverride().configureOutput({ writeErr: () => {} }),
  );
  command.parse(args, { from: 'user' });
  const { onNotice, ...options } = loadBalancerOptions(command.opts<LoadBalancerFlags>(), () => {});
  return options;
};

it('leaves to core what is not given', () => {
  expect(parse()).toEqual({
    devices: [],
    podDevices: [],
    pins: '/sys/fs/bpf/lbx',
    algorithm: 'random',
    maglevSize: 16381,
    wildcards: true,
    rejectWithoutEndpoints: true,
    externalClusterIP: false,
    answerEcho: false,
  });
});

it.each([
  [['--device', 'eth0', 'eth1', '--xdp', 'off'], { devices: ['eth0', 'eth1'], xdp: 'off' }],
  [['--pod-device', 'veth*', '--redirect', 'peer'], { podDevices: ['veth*'], redirect: 'peer' }],
  [['--tc', 'clsact'], { tc: 'clsact' }],
  [['--family', '6'], { families: [6] }],
  [['--no-cgroup'], { cgroup: false }],
  [['--cgroup', '/sys/fs/cgroup/x'], { cgroup: '/sys/fs/cgroup/x' }],
  [
    ['--forwarding', 'dsr', '--dsr-by', 'ipip', '--mtu', '1450'],
    { forwarding: 'dsr', dsrDispatch: 'ipip', mtu: 1450 },
  ],
  [
    ['--snat-address', '192.0.2.1', '--snat-address6', '2001:db8::1'],
    { snatAddress: '192.0.2.1', snatAddress6: '2001:db8::1' },
  ],
  [['--snat-ports', '10000-19999'], { snatPorts: [10000, 19999] }],
  [['--node-address', '192.0.2.1', '2001:db8::1'], { nodeAddresses: ['192.0.2.1', '2001:db8::1'] }],
  [['--no-reject', '--no-wildcards'], { rejectWithoutEndpoints: false, wildcards: false }],
  [['--answer-echo', '--external-cluster-ip'], { answerEcho: true, externalClusterIP: true }],
  [['--traffic'], { traffic: true }],
  [['--drift-seconds', '10'], { driftSeconds: 10 }],
  [['--drift-seconds', '0'], { driftSeconds: false }],
  [['--endpoints', '200000'], { endpoints: 200_000 }],
  [['--flows', '4096', '--flow-table', 'buckets'], { flows: 4096, flowTable: 'buckets' }],
])('%o', (args, options) => {
  expect(parse(...args)).toMatchObject(options);
});

it.each([
  ['--forwarding', 'fast'],
  ['--dsr-by', 'gre'],
  ['--xdp', 'maybe'],
  ['--family', '5'],
  ['--flow-table', 'tree'],
  ['--mtu', 'large'],
  ['--snat-ports', '10000'],
])('refuses %s %s', (...args) => {
  expect(() => parse(...args)).toThrow(expect.objectContaining({ code: 'commander.invalidArgument' }));
});
