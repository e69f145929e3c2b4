import { describe, expect, it } from 'vitest';
import { frontendsOf } from './frontends-of.ts';
import { parseServiceSpec } from './parse-service-spec.ts';

const minimal = { name: 'a', frontends: ['198.51.100.1:80/TCP'], backends: ['192.0.2.10:8080'] };

describe('parseServiceSpec', () => {
  it('understands short forms', () => {
    const spec = parseServiceSpec(
      {
        name: 'web',
        frontends: [
          '198.51.100.1:80/TCP',
          '198.51.100.1:80/UDP',
          '[::]:30080',
          { address: '2001:DB8::1', port: '80', proto: 'tcp', type: 'ExternalIPs', scope: 1 },
        ],
        backends: [
          '192.0.2.10:8080',
          '[2001:db8::a]:8080/TCP',
          { address: '192.0.2.11', port: 8080, protocol: 'UDP', zone: 'b' },
        ],
        forwardingMode: 'dsr',
      },
      { zones: { b: 2 } },
    );
    expect(spec.frontends).toEqual([
      { address: '198.51.100.1', port: 80, protocol: 'TCP', type: 'LoadBalancer' },
      { address: '198.51.100.1', port: 80, protocol: 'UDP', type: 'LoadBalancer' },
      { address: '::', port: 30080, protocol: 'TCP', type: 'NodePort' },
      { address: '2001:db8::1', port: 80, protocol: 'TCP', type: 'ExternalIP', scope: 'internal' },
    ]);
    expect(spec.backends).toEqual([
      { address: '192.0.2.10', port: 8080, protocol: 'TCP' },
      { address: '192.0.2.10', port: 8080, protocol: 'UDP' },
      { address: '2001:db8::a', port: 8080, protocol: 'TCP' },
      { address: '192.0.2.11', port: 8080, protocol: 'UDP', zone: 2 },
    ]);
    expect(spec.forwarding).toBe('dsr');
  });

  const bad: [string, unknown, string, string][] = [
    ['no object', 5, 'LBX_SERVICE_FIELD', 'service: 5 is no object'],
    ['no name', {}, 'LBX_SERVICE_FIELD', 'name: nothing is no name; every service needs one'],
    [
      'unknown field',
      { ...minimal, backend: [] },
      'LBX_SERVICE_FIELD',
      'service a: backend: [] is no field here',
    ],
    [
      'frontend text',
      { ...minimal, frontends: ['198.51.100.1'] },
      'LBX_SERVICE_ADDRESS',
      'service a: frontends[0]: "198.51.100.1" is no frontend',
    ],
    [
      'IPv4 with leading zero',
      { ...minimal, backends: ['192.0.2.010:80'] },
      'LBX_SERVICE_ADDRESS',
      'service a: backends[0]: "192.0.2.010:80" is no backend',
    ],
    [
      'bad address',
      { ...minimal, backends: [{ address: '192.0.2.300', port: 1 }] },
      'LBX_SERVICE_ADDRESS',
      'service a: backends[0].address: "192.0.2.300" is no IP address',
    ],
    [
      'mapped address',
      { ...minimal, backends: [{ address: '::ffff:192.0.2.1', port: 1 }] },
      'LBX_SERVICE_ADDRESS',
      'service a: backends[0].address: "::ffff:192.0.2.1" is no IP address; write an IPv4-mapped address as IPv4',
    ],
    [
      'unspecified backend',
      { ...minimal, backends: ['0.0.0.0:80'] },
      'LBX_SERVICE_ADDRESS',
      'service a: backends[0].address: "0.0.0.0" is no IP address of a backend',
    ],
    [
      'port 0',
      { ...minimal, frontends: ['198.51.100.1:0/TCP'] },
      'LBX_SERVICE_PORT',
      'service a: frontends[0].port: 0 is no port; use 1 to 65535',
    ],
    [
      'port above',
      { ...minimal, backends: [{ address: '192.0.2.1', port: 65536 }] },
      'LBX_SERVICE_PORT',
      'service a: backends[0].port: 65536 is no port; use 1 to 65535',
    ],
    [
      'protocol',
      { ...minimal, frontends: [{ address: '198.51.100.1', port: 1, protocol: 'ICMP' }] },
      'LBX_SERVICE_FIELD',
      'service a: frontends[0].protocol: "ICMP" is no protocol; use TCP, UDP or SCTP',
    ],
    [
      'type',
      { ...minimal, frontends: [{ address: '198.51.100.1', port: 1, type: 'constructor' }] },
      'LBX_SERVICE_FIELD',
      'service a: frontends[0].type: "constructor" is none of ClusterIP',
    ],
    [
      'algorithm',
      { ...minimal, algorithm: { toString: false } },
      'LBX_SERVICE_FIELD',
      'service a: algorithm: {"toString":false} is none of random, maglev',
    ],
    [
      'algorithm in a list',
      { ...minimal, algorithm: ['random'] },
      'LBX_SERVICE_FIELD',
      'service a: algorithm: ["random"] is none of random, maglev',
    ],
    [
      'source range',
      { ...minimal, sourceRanges: ['203.0.113.0/24', { toString: null }] },
      'LBX_SERVICE_FIELD',
      'service a: sourceRanges[1]: {"toString":null} is no text',
    ],
    [
      'ports of a redirection',
      { ...minimal, proxyRedirects: [{ proxyPort: 9, ports: [80, {}] }] },
      'LBX_SERVICE_FIELD',
      'service a: proxyRedirects[0].ports[1]: {} is no whole number',
    ],
    [
      'affinity',
      { ...minimal, affinitySeconds: 16777216 },
      'LBX_SERVICE_AFFINITY',
      'service a: affinitySeconds: 16777216 is no session affinity time; use 0 to 16777215 seconds',
    ],
    [
      'affinity and proxy',
      { ...minimal, affinitySeconds: 1, proxyRedirects: [{ proxyPort: 9 }] },
      'LBX_SERVICE_AFFINITY',
      'service a: affinitySeconds: 1 cannot be combined with a proxy port',
    ],
    [
      'weight',
      { ...minimal, backends: [{ address: '192.0.2.1', port: 1, weight: -1 }] },
      'LBX_SERVICE_FIELD',
      'service a: backends[0].weight: -1 is no weight',
    ],
    [
      'range',
      { ...minimal, sourceRanges: ['203.0.113.0/33'] },
      'LBX_SERVICE_FIELD',
      'service a: sourceRanges[0]: "203.0.113.0/33" is no prefix',
    ],
    [
      'ClusterIP on all addresses',
      { ...minimal, frontends: [{ address: '0.0.0.0', port: 1, type: 'ClusterIP' }] },
      'LBX_SERVICE_ADDRESS',
      'service a: frontends[0].address: "0.0.0.0" stands for all node addresses',
    ],
  ];
  it.each(bad)('refuses: %s', (_, value, code, message) => {
    expect(() => parseServiceSpec(value)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});

describe('frontendsOf', () => {
  const spec = parseServiceSpec({
    name: 'a',
    extLocal: true,
    frontends: [
      { address: '198.51.100.1', port: 80, type: 'LoadBalancer' },
      { address: '198.51.100.1', port: 80, type: 'LoadBalancer', scope: 'internal' },
      { address: '198.51.100.2', port: 80, type: 'ExternalIP' },
      { address: '192.0.2.77', port: 81, type: 'ClusterIP', portName: 'admin' },
      { address: '2001:db8::1', port: 80, type: 'ClusterIP' },
    ],
    backends: [
      { address: '192.0.2.1', port: 1, node: 'other' },
      { address: '192.0.2.2', port: 1, node: 'local', portNames: ['admin'] },
      { address: '192.0.2.3', port: 1, portNames: ['http'] },
      { address: '2001:db8::2', port: 1 },
    ],
  });
  const made = frontendsOf(spec);
  it('selects by scope and policy, family and port name', () => {
    const addresses = made.map(({ backends }) => backends.map(({ address }) => address.at(-1)).join(''));
    expect(addresses).toEqual(['23', '123', '23', '12', '2']);
  });
  it('shares the array of a set', () => {
    expect(made[0]!.backends).toBe(made[2]!.backends);
    expect(made[0]!.backends).not.toBe(made[1]!.backends);
  });
  it.each([
    ['one here', [{ node: 'local' }, { node: 'other' }], [undefined, undefined]],
    ['none here', [{ node: 'other' }], [true, undefined]],
    [
      'one here that only drains',
      [{ node: 'local', state: 'quarantined' }, { node: 'other' }],
      [true, undefined],
    ],
    [
      'one here that is leaving',
      [{ node: 'local', state: 'terminating' }, { node: 'other' }],
      [undefined, undefined],
    ],
    ['one elsewhere that does not answer', [{ node: 'other', unhealthy: true }], [undefined, undefined]],
    ['none', [], [undefined, undefined]],
  ])('tells no backends here from none anywhere: %s', (_, backends, expected) => {
    const local = parseServiceSpec({
      name: 'a',
      extLocal: true,
      frontends: [
        { address: '198.51.100.1', port: 80, type: 'LoadBalancer' },
        { address: '198.51.100.1', port: 80, type: 'LoadBalancer', scope: 'internal' },
      ],
      backends: backends.map((backend, i) => ({ address: `192.0.2.${i + 1}`, port: 1, ...backend })),
    });
    expect(frontendsOf(local).map(({ endpointsElsewhere }) => endpointsElsewhere)).toEqual(expected);
  });
  it('names the service that a redirect misses', () => {
    const redirect = parseServiceSpec({
      ...minimal,
      frontends: [{ address: '198.51.100.1', port: 80, redirectTo: 'b' }],
    });
    expect(() => frontendsOf(redirect)).toThrow(
      'service a: frontends[0].redirectTo: "b" is no service given',
    );
  });
});
