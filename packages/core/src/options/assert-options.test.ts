import { expect, it } from 'vitest';
import { createMemoryLoadBalancer } from '../testing/memory-load-balancer.ts';
import { assertOptions } from './assert-options.ts';

it('takes what it should', () => {
  assertOptions({});
  assertOptions({
    devices: ['eth0'],
    xdp: { eth0: 'native' },
    cgroup: false,
    pins: '/sys/fs/bpf/lbx',
    peerNames: 'exact',
    timeouts: { tcpNew: 5 },
    maxEntries: { lb4_services_v2: 9, lbx_rev4: 10 },
    driftSeconds: false,
  });
});

it.each<[string, unknown, string]>([
  [
    'an option with a letter too few',
    { device: ['eth0'] },
    "device: there is no such option; did you mean 'devices'?",
  ],
  ['one device as text', { devices: 'eth0' }, "devices: expected a list of texts, got 'eth0'"],
  ['true for a folder', { pins: true }, 'pins: expected text or false, got true'],
  ['one family', { families: 4 }, 'families: expected a list of numbers, got 4'],
  [
    'text for a flag',
    { externalClusterIP: 'false' },
    "externalClusterIP: expected true or false, got 'false'",
  ],
  [
    'a timeout that is none',
    { timeouts: { tcpnew: 5 } },
    "timeouts.tcpnew: there is no such option; did you mean 'tcpNew'?",
  ],
  [
    'a map that is none',
    { maxEntries: { lb4_services: 5 } },
    "maxEntries.lb4_services: there is no such map; did you mean 'lb4_services_v2'?",
  ],
  [
    'a size that is none',
    { maxEntries: { lb4_services_v2: -1 } },
    'maxEntries.lb4_services_v2: -1 is no whole number from 1 to 2147483648',
  ],
  ['nothing', null, 'options: expected an object, got null'],
])('%s', (_what, given, message) => {
  expect(() => assertOptions(given as never)).toThrow(
    expect.objectContaining({ code: 'LBX_BAD_OPTION', message }),
  );
});

it.each<[string, (lb: ReturnType<typeof createMemoryLoadBalancer>) => unknown, string, string]>([
  ['an object', (lb) => lb.apply({} as never), 'LBX_BAD_OPTION', 'expected a list of services'],
  ['a list of changes', (lb) => lb.update([] as never), 'LBX_BAD_OPTION', 'expected a Map'],
  [
    'the short form',
    (lb) => lb.apply([{ name: 'web', frontends: ['198.51.100.1:80/TCP'], backends: [] } as never]),
    'LBX_SERVICE_FIELD',
    'frontends[0]: "198.51.100.1:80/TCP" is the short form, which parseServiceSpec() reads',
  ],
  [
    'a flow of texts',
    (lb) => lb.explain({ from: '203.0.113.5:40000', to: '198.51.100.1:80', protocol: 'TCP' } as never),
    'LBX_SERVICE_FIELD',
    'from: "203.0.113.5:40000" is no end of a flow',
  ],
])('%s where something else is taken', (_what, act, code, message) => {
  using lb = createMemoryLoadBalancer();
  expect(() => act(lb)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
});

it('the load balancer in memory refuses options too', () => {
  expect(() => createMemoryLoadBalancer({ failOn: 3 } as never)).toThrow(
    'failOn: expected a function, got 3',
  );
  expect(() => createMemoryLoadBalancer({ maxEntries: { backends: 3 } } as never)).toThrow(
    'maxEntries.backends: there is no such map',
  );
});
