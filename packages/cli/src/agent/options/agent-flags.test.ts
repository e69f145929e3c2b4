import { Command } from 'commander';
import { expect, it } from 'vitest';
import { loadBalancerOptions } from '../load-balancer-options.ts';
import { healthOptions, translatorOptions } from '../service-settings.ts';
import { addAgentFlags, givenFlags } from './agent-flags.ts';
import { readSettings, valuesOf } from './settings.ts';

const parse = (...args: string[]) => {
  const command = addAgentFlags(new Command('agent').exitOverride().configureOutput({ writeErr: () => {} }));
  command.parse(args, { from: 'user' });
  return readSettings({ flags: givenFlags(command), environment: {} });
};

it('leaves to core what is not given', () => expect(loadBalancerOptions(parse())).toEqual({}));

it.each([
  [['--device', 'eth0', 'eth1', '--xdp', 'off'], { devices: ['eth0', 'eth1'], xdp: 'off' }],
  [['--device', 'eth0', '--device', 'eth1'], { devices: ['eth0', 'eth1'] }],
  [['--device', 'eth0,eth1', '--xdp', 'eth0=native,eth1=off'], { xdp: { eth0: 'native', eth1: 'off' } }],
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
  [['--wildcards'], { wildcards: true }],
  [['--answer-echo', '--external-cluster-ip'], { answerEcho: true, externalClusterIP: true }],
  [['--peer-names', 'exact'], { peerNames: 'exact' }],
  [['--peer-names', 'false'], { peerNames: false }],
  [['--traffic'], { traffic: true }],
  [['--drift-seconds', '10'], { driftSeconds: 10 }],
  [['--drift-seconds', '0'], { driftSeconds: false }],
  [
    ['--endpoints', '200000', '--max-entries', 'lb4_services_v2=9', 'lbx_gate=8'],
    { endpoints: 200_000, maxEntries: { lb4_services_v2: 9, lbx_gate: 8 } },
  ],
  [['--timeouts', 'tcpOpen=900,udpOpen=60'], { timeouts: { tcpOpen: 900, udpOpen: 60 } }],
  [['--flows', '4096', '--flow-table', 'lru'], { flows: 4096, flowTable: 'lru' }],
])('%o', (args, options) => {
  expect(loadBalancerOptions(parse(...args))).toMatchObject(options);
});

it.each([
  [['--nodeport-addresses', '192.0.2.0/24', 'primary'], { nodePortAddresses: ['192.0.2.0/24', 'primary'] }],
  [['--load-balancer-class', 'example.com/a', ''], { loadBalancerClasses: ['example.com/a', ''] }],
  [['--no-external-ips'], { externalIPs: false }],
  [['--healthz-bind-address', 'none'], { bind: [] }],
  [
    ['--healthz-bind-address', '127.0.0.1:1', '[::1]:2'],
    {
      bind: [
        { address: '127.0.0.1', port: 1 },
        { address: '::1', port: 2 },
      ],
    },
  ],
])('%j', (args, options) => {
  const values = valuesOf(parse(...args));
  expect({ ...translatorOptions(values), ...healthOptions(values) }).toMatchObject(options);
});

it.each([
  [['--forwarding', 'fast'], 'none of snat, dsr, hybrid'],
  [['--xdp', 'maybe'], 'none of auto'],
  [['--family', '5'], 'none of 4, 6'],
  [['--mtu', 'large'], 'no whole number from 1280'],
  [['--maglev-size', '16380'], 'not prime; the nearest primes are'],
  [['--snat-ports', '10000'], 'say FROM-TO'],
  [['--snat-address', '2001:db8::1'], 'say an IPv4 address'],
  [['--timeouts', 'tcp=1'], 'none of tcpNew'],
  [['--healthz-bind-address', '10256'], 'say ADDRESS:PORT'],
  [['--healthz-bind-address', 'localhost:1'], 'say ADDRESS:PORT'],
  [['--nodeport-addresses', '192.0.2.1'], 'say a prefix'],
  [['--nodeport-addresses', '192.0.2.0/33'], 'say a prefix'],
])('%j is refused', (args, message) => {
  expect(() => parse(...args)).toThrow(
    expect.objectContaining({ code: 'commander.invalidArgument', message: expect.stringContaining(message) }),
  );
});
