import { describe, expect, it } from 'vitest';
import { catalog } from '../catalog.ts';
import { createIds } from '../ids/ids.ts';
import type { Backend } from '../model/backend.ts';
import type { Frontend } from '../model/frontend.ts';
import { applyOps } from '../plan/apply-ops.ts';
import { plan } from '../plan/plan.ts';
import { readSnapshot } from '../plan/snapshot.ts';
import type { ProjectOptions } from '../project/options.ts';
import { project } from '../project/project.ts';
import { createMemoryTable } from '../tables/memory-table.ts';
import { createMemoryTables } from '../tables/memory-tables.ts';
import { explain } from './explain.ts';
import type { ExplainOptions, Explanation, Flow } from './explanation.ts';

const options: ProjectOptions = { nodeAddresses: ['203.0.113.1'], wildcards: true, maglevSize: 251 };
const backend = (n: number, more: Partial<Backend> = {}): Backend => ({
  address: `192.0.2.${n}`,
  port: 8080,
  protocol: 'TCP',
  ...more,
});
const frontend = (more: Partial<Frontend>): Frontend => ({
  service: 's',
  address: '198.51.100.1',
  port: 80,
  protocol: 'TCP',
  type: 'LoadBalancer',
  backends: [backend(1), backend(2)],
  ...more,
});
const one = [backend(1)];
const local = [backend(9)];
const frontends: Frontend[] = [
  frontend({}),
  frontend({ port: 81, backends: one }),
  frontend({ port: 82, backends: [] }),
  frontend({ port: 83, sourceRanges: ['203.0.113.0/24', '203.0.113.128/25'], backends: one }),
  frontend({ port: 84, sourceRanges: ['203.0.113.128/25'], sourceRangesPolicy: 'deny', backends: one }),
  frontend({ port: 85, backends: one, proxyPort: 9000 }),
  frontend({ port: 86, backends: one, natPolicy: 'Nat46' }),
  frontend({ port: 87, backends: local, extLocal: true }),
  frontend({ port: 87, backends: one, extLocal: true, scope: 'internal' }),
  frontend({ port: 88, algorithm: 'maglev' }),
  frontend({ port: 89, algorithm: 'maglev', affinitySeconds: 60 }),
  frontend({
    port: 90,
    backends: [backend(1, { state: 'terminating' }), backend(2, { state: 'quarantined' })],
  }),
  frontend({ address: '198.51.100.2', type: 'ClusterIP', backends: one }),
  frontend({ address: '0.0.0.0', port: 30080, type: 'NodePort', backends: one }),
  frontend({ address: '0.0.0.0', port: 8000, type: 'HostPort', backends: one }),
  frontend({ address: '203.0.113.1', port: 8001, type: 'HostPort', loopbackHostPort: true, backends: one }),
  frontend({ address: '198.51.100.3', type: 'ExternalIP', backends: one }),
  frontend({
    address: '2001:db8::1',
    sourceRanges: ['2001:db8:4::/48'],
    backends: [{ address: '2001:db8::a', port: 8080, protocol: 'TCP' }],
  }),
];
const projection = project(frontends, options, createIds());
const client = '203.0.113.200';
const ask = (
  to: string,
  port: number,
  more: Partial<Flow> = {},
  settings: ExplainOptions = {},
): Explanation => {
  const from = { address: to.includes(':') ? '2001:db8:4::7' : client, port: 40000 };
  const flow: Flow = { from, to: { address: to, port }, protocol: 'TCP', ...more };
  return explain(projection, flow, { localAddresses: ['203.0.113.1'], ...settings });
};
const says = ({ verdict, code, backend: chosen }: Explanation) =>
  [verdict, code, chosen?.address].filter((part) => part !== undefined).join(' ');

describe('explain, packets from outside', () => {
  const from = (address: string) => ({ from: { address, port: 40000 } });
  const cases: [string, string, number, Partial<Flow>, string][] = [
    ['the only backend', '198.51.100.1', 81, {}, 'forward backend-chosen 192.0.2.1'],
    ['no backends', '198.51.100.1', 82, {}, 'reject no-backend'],
    ['inside an allowed range', '198.51.100.1', 83, {}, 'forward backend-chosen 192.0.2.1'],
    ['outside of it', '198.51.100.1', 83, from('203.0.114.1'), 'drop source-range'],
    ['inside a denied range', '198.51.100.1', 84, {}, 'drop source-range'],
    ['outside of it', '198.51.100.1', 84, from('203.0.113.127'), 'forward backend-chosen 192.0.2.1'],
    ['proxied', '198.51.100.1', 85, {}, 'pass l7-proxy'],
    ['NAT46', '198.51.100.1', 86, {}, 'drop nat46x64'],
    ['external scope of two', '198.51.100.1', 87, {}, 'forward backend-chosen 192.0.2.9'],
    ['terminating, as none is active', '198.51.100.1', 90, {}, 'forward backend-chosen 192.0.2.1'],
    ['other protocol', '198.51.100.1', 81, { protocol: 'UDP' }, 'drop wildcard'],
    ['SCTP to a port of TCP', '198.51.100.1', 81, { protocol: 'SCTP' }, 'drop wildcard'],
    [
      'SCTP of a socket',
      '198.51.100.1',
      81,
      { protocol: 'SCTP', hook: 'connect' },
      'pass unsupported-protocol',
    ],
    ['port without service', '198.51.100.1', 8081, {}, 'drop wildcard'],
    ['address without service', '198.51.100.77', 80, {}, 'pass no-service'],
    ['ClusterIP', '198.51.100.2', 80, {}, 'drop not-routable'],
    ['NodePort', '203.0.113.1', 30080, {}, 'forward backend-chosen 192.0.2.1'],
    ['NodePort on another address', '203.0.113.2', 30080, {}, 'pass no-service'],
    ['surrogate', '0.0.0.0', 30080, {}, 'drop not-routable'],
    ['HostPort', '203.0.113.1', 8000, {}, 'forward backend-chosen 192.0.2.1'],
    ['HostPort on loopback only', '203.0.113.1', 8001, {}, 'pass loopback-only'],
    ['external IP', '198.51.100.3', 80, {}, 'forward backend-chosen 192.0.2.1'],
    ['IPv6', '2001:db8::1', 80, {}, 'forward backend-chosen 2001:db8::a'],
    ['IPv6, outside the range', '2001:db8::1', 80, from('2001:db8:5::1'), 'drop source-range'],
  ];
  it.each(cases)('%s: %s %i', (_, to, port, more, expected) => {
    expect(says(ask(to, port, more))).toBe(expected);
  });

  it('tells every look into a map, in order', () => {
    expect(ask('198.51.100.1', 83).steps.map(({ text }) => text)).toMatchInlineSnapshot(`
      [
        "the service: lb4_services_v2 address=198.51.100.1 dport=83 backendSlot=0 proto=TCP scope=external => affinityTimeout=0/0 count=1 revNatIndex=4 flags=LoadBalancer|routable|sourceRange flags2=- qcount=0",
        "a source range with the client: lb4_source_range prefixlen=64 revNatId=4 addr=203.0.113.200 => found",
        "slot 1: lb4_services_v2 address=198.51.100.1 dport=83 backendSlot=1 proto=TCP scope=external => backendId=1 count=0 revNatIndex=4 flags=LoadBalancer|routable|sourceRange flags2=- qcount=0",
        "the backend: lb4_backends_v3 backendId=1 => address=192.0.2.1 port=8080 proto=TCP state=active clusterId=0 zone=0",
      ]
    `);
    expect(ask('198.51.100.1', 9999).steps.map(({ text }) => text)).toMatchInlineSnapshot(`
      [
        "the service: lb4_services_v2 address=198.51.100.1 dport=9999 backendSlot=0 proto=TCP scope=external => nothing",
        "any service of the address: lb4_services_v2 address=198.51.100.1 dport=0 backendSlot=0 proto=any scope=external => affinityTimeout=0/0 count=0 revNatIndex=0 flags=LoadBalancer flags2=- qcount=0",
      ]
    `);
  });

  it('finds the Maglev entry of the packet hash', () => {
    const explained = ask('198.51.100.1', 88);
    expect(explained.steps.map(({ text }) => text)).toMatchInlineSnapshot(`
      [
        "the service: lb4_services_v2 address=198.51.100.1 dport=88 backendSlot=0 proto=TCP scope=external => affinityTimeout=0/2 count=2 revNatIndex=10 flags=LoadBalancer|routable flags2=- qcount=0",
        "the Maglev table: lb4_maglev revNatId=10 => table of 251",
        "hash 3656505757 of client 203.0.113.200:40000: entry 5 of the table is backend 1",
        "the backend: lb4_backends_v3 backendId=1 => address=192.0.2.1 port=8080 proto=TCP state=active clusterId=0 zone=0",
      ]
    `);
    const table = projection.frontends
      .get('198.51.100.1:88/TCP')!
      .others.find(({ map }) => map === 'lb4_maglev')!;
    expect(explained.backend!.id).toBe(
      (table.value as Uint32Array)[Number(/entry (\d+)/.exec(explained.steps[2]!.text)![1])],
    );
  });

  it('lets the client port decide, but not with session affinity', () => {
    const ports = Array.from({ length: 50 }, (_, i) => 1024 + i);
    const backends = (port: number) =>
      new Set(
        ports.map(
          (source) => ask('198.51.100.1', port, { from: { address: client, port: source } }).backend!.id,
        ),
      );
    expect(backends(88).size).toBe(2);
    expect(backends(89).size).toBe(1);
    expect(backends(80).size).toBe(2);
  });

  it('gives all candidates of a random choice, and the one that lbx takes', () => {
    const lbx = ask('198.51.100.1', 80);
    expect(lbx.candidates).toMatchObject([
      { address: '192.0.2.1', share: 0.5 },
      { address: '192.0.2.2', share: 0.5 },
    ]);
    expect(lbx.candidates).toContainEqual({ ...lbx.backend, share: 0.5 });
    const cilium = ask('198.51.100.1', 80, {}, { datapath: 'cilium' });
    expect(says(cilium)).toBe('forward one-of-several');
    expect(cilium.candidates).toEqual(lbx.candidates);
  });
});

describe('explain, sockets of the node', () => {
  const connect = { hook: 'connect' } as const;
  const cases: [string, string, number, Partial<Flow>, string][] = [
    ['ClusterIP', '198.51.100.2', 80, {}, 'forward backend-chosen 192.0.2.1'],
    ['internal scope of two', '198.51.100.1', 87, {}, 'forward backend-chosen 192.0.2.1'],
    ['no Maglev', '198.51.100.1', 88, {}, 'forward one-of-several'],
    ['no source ranges', '198.51.100.1', 84, {}, 'forward backend-chosen 192.0.2.1'],
    ['no wildcards', '198.51.100.1', 8081, {}, 'pass no-service'],
    ['no backends', '198.51.100.1', 82, {}, 'reject no-backend'],
    ['proxied', '198.51.100.1', 85, {}, 'pass l7-proxy'],
    ['NAT46', '198.51.100.1', 86, {}, 'pass nat46x64'],
    ['NodePort on the node address', '203.0.113.1', 30080, {}, 'forward backend-chosen 192.0.2.1'],
    ['NodePort on loopback', '127.0.0.7', 30080, {}, 'forward backend-chosen 192.0.2.1'],
    ['NodePort on loopback, mapped', '::ffff:127.0.0.1', 30080, {}, 'forward backend-chosen 192.0.2.1'],
    ['NodePort on 0.0.0.0', '0.0.0.0', 30080, {}, 'forward backend-chosen 192.0.2.1'],
    ["NodePort on a pod's loopback", '127.0.0.1', 30080, { inHostNetns: false }, 'pass no-service'],
    ['NodePort on a stranger', '192.0.2.77', 30080, {}, 'pass no-service'],
    ['no NodePort', '203.0.113.1', 30081, {}, 'pass no-service'],
    ['HostPort outside the range on loopback', '127.0.0.1', 8000, {}, 'pass no-service'],
    ['HostPort', '203.0.113.1', 8000, {}, 'forward backend-chosen 192.0.2.1'],
    ['external IP that is not ours', '198.51.100.3', 80, {}, 'pass own-addresses-only'],
  ];
  it.each(cases)('%s: %s %i', (_, to, port, more, expected) => {
    const from = { from: { address: '203.0.113.1', port: 0 } };
    expect(says(ask(to, port, { ...connect, ...from, ...more }))).toBe(expected);
  });
  it('uses external IPs anywhere when told so', () => {
    expect(says(ask('198.51.100.3', 80, connect, { externalIpsAnywhere: true }))).toBe(
      'forward backend-chosen 192.0.2.1',
    );
  });
});

describe('explain, session affinity', () => {
  const ids = createIds();
  const sticky = [
    frontend({
      affinitySeconds: 60,
      backends: [backend(1), backend(2), backend(3, { state: 'terminating' })],
    }),
  ];
  const tables = {
    ...createMemoryTables(),
    lb4_affinity: createMemoryTable(catalog.lb4_affinity),
    lb6_affinity: createMemoryTable(catalog.lb6_affinity),
  };
  applyOps(tables, plan(readSnapshot(tables), project(sticky, options, ids)));
  const id = (n: number) => ids.backends.find(`192.0.2.${n}:8080/TCP`)!;
  const flow: Flow = {
    from: { address: client, port: 1 },
    to: { address: '198.51.100.1', port: 80 },
    protocol: 'TCP',
  };
  const remember = (backendId: number) =>
    tables.lb4_affinity.set(
      { clientIp: client, revNatId: 1, netnsCookie: false },
      { lastUsed: 1000n, backendId },
    );

  const cases: [string, number, number, ExplainOptions['datapath'], boolean][] = [
    ['younger than the timeout', 2, 1059, 'lbx', true],
    ['as old as the timeout', 2, 1060, 'lbx', false],
    ['of a backend that the service has not', 77, 1001, 'lbx', false],
    ['of a backend that is going away', 3, 1001, 'lbx', false],
  ];
  it.each(cases)('an entry %s', (_, n, nowSeconds, datapath, kept) => {
    remember(n === 77 ? 77 : id(n));
    const explained = explain(tables, flow, { nowSeconds, datapath: datapath! });
    expect(explained.reason.includes('session affinity')).toBe(kept);
    if (kept) expect(explained.backend!.id).toBe(id(n));
    else expect(explained.verdict).toBe('forward');
  });
  it('knows sockets by the cookie of their network namespace', () => {
    tables.lb4_affinity.set(
      { clientCookie: 7n, revNatId: 1, netnsCookie: true },
      { lastUsed: 1000n, backendId: id(1) },
    );
    expect(explain(tables, { ...flow, hook: 'connect', netnsCookie: 7n }).backend!.id).toBe(id(1));
    const unknown = explain(tables, { ...flow, hook: 'connect' });
    expect(unknown.steps.map(({ text }) => text)).toContain(
      'session affinity: not looked up, as the network namespace of the socket is not known',
    );
  });
});

describe('explain, sources and mistakes', () => {
  it('says the same from maps, from a snapshot and from the projection', () => {
    const tables = createMemoryTables();
    applyOps(tables, plan(readSnapshot(tables), projection));
    for (const port of [80, 83, 84, 88, 9999]) {
      const flow: Flow = {
        from: { address: client, port: 7 },
        to: { address: '198.51.100.1', port },
        protocol: 'TCP',
      };
      const expected = explain(projection, flow);
      expect(explain(tables, flow)).toEqual(expected);
      expect(explain(readSnapshot(tables), flow)).toEqual(expected);
    }
  });
  it('names the backend that a slot leads to in vain', () => {
    const tables = createMemoryTables();
    applyOps(
      tables,
      plan(readSnapshot(tables), project([frontend({ backends: one })], options, createIds())),
    );
    tables.lb4_backends_v3.delete({ backendId: 1 });
    const flow: Flow = {
      from: { address: client, port: 7 },
      to: { address: '198.51.100.1', port: 80 },
      protocol: 'TCP',
    };
    expect(explain(tables, flow)).toMatchObject({ verdict: 'drop', code: 'backend-missing' });
    expect(explain(tables, { ...flow, hook: 'connect' })).toMatchObject({
      verdict: 'reject',
      code: 'no-backend',
    });
  });
  it.each([
    ['203.0.113', '198.51.100.1', 'from.address: "203.0.113" is no IP address'],
    ['203.0.113.1', '2001:db8::1', 'from.address: "203.0.113.1" is of the other IP version than 2001:db8::1'],
  ])('refuses %s to %s', (from, to, message) => {
    const flow: Flow = { from: { address: from, port: 1 }, to: { address: to, port: 1 }, protocol: 'TCP' };
    expect(() => explain(projection, flow)).toThrow(message);
  });
});
