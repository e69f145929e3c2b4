import { describe, expect, it } from 'vitest';
import { dump } from '../dump/dump.ts';
import { explain } from '../explain/explain.ts';
import { createIds } from '../ids/ids.ts';
import { Lb4Key } from '../layouts/service.ts';
import { frontendsOf } from '../model/frontends-of.ts';
import { parseServiceSpec } from '../model/parse-service-spec.ts';
import { applyOps } from '../plan/apply-ops.ts';
import { plan } from '../plan/plan.ts';
import { readSnapshot } from '../plan/snapshot.ts';
import type { ProjectOptions } from '../project/options.ts';
import { project } from '../project/project.ts';
import { createMemoryTables } from '../tables/memory-tables.ts';
import { eth } from './index.ts';
import './vitest.ts';

const web = {
  name: 'web',
  frontends: ['198.51.100.1:80/TCP'],
  backends: ['192.0.2.10:8080', '192.0.2.11:8080'],
};

function tablesWith(service: unknown, options: ProjectOptions = {}) {
  const tables = createMemoryTables();
  const desired = project(frontendsOf(parseServiceSpec(service)), options, createIds());
  applyOps(tables, plan(readSnapshot(tables), desired));
  return tables;
}

/** What a failing expectation says. */
function said(expectation: () => void): string {
  try {
    expectation();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the expectation was met');
}

const flow = {
  from: { address: '203.0.113.5', port: 40000 },
  to: { address: '198.51.100.1', port: 80 },
  protocol: 'TCP',
} as const;

describe('toHoldService', () => {
  it('does not mind ids, the order of backends, and other services', () => {
    const tables = tablesWith({ ...web, frontends: [...web.frontends, '198.51.100.2:80/TCP'] });
    expect(tables).toHoldService({ ...web, backends: web.backends.toReversed() });
    expect(dump(tables)).toHoldService(web);
    expect(readSnapshot(tables)).toHoldService(web);
    expect(tables).not.toHoldService({ ...web, frontends: ['198.51.100.3:80/TCP'] });
  });

  it('says field by field what is otherwise', () => {
    const tables = tablesWith({
      ...web,
      backends: ['192.0.2.10:8080', { address: '192.0.2.12', port: 8080, state: 'terminating' }],
      affinitySeconds: 60,
      sourceRanges: ['203.0.113.0/24'],
    });
    expect(said(() => expect(tables).toHoldService(web))).toMatchInlineSnapshot(`
      "expected: the maps hold the service web
      198.51.100.1:80/TCP
        affinity                      expected 0, found 60
        count                         expected 2, found 1
        qcount                        expected 0, found 1
        flags                         expected LoadBalancer|routable, found affinity|LoadBalancer|routable|sourceRange
        backend 192.0.2.11:8080/TCP   expected active, found nothing
        backend 192.0.2.12:8080/TCP   expected nothing, found terminating, no new flows
        affinity 192.0.2.10:8080/TCP  expected nothing, found allowed
        source range 203.0.113.0/24   expected nothing, found there"
    `);
  });

  it('says what is not there, and what is half written', () => {
    const tables = tablesWith(web);
    tables.lb4_backends_v3.delete({ backendId: 2 });
    tables.lb4_services_v2.delete({ address: '198.51.100.1', dport: 80, backendSlot: 1, proto: 6, scope: 0 });
    expect(said(() => expect(tables).toHoldService(web))).toMatchInlineSnapshot(`
      "expected: the maps hold the service web
      198.51.100.1:80/TCP
        backend 192.0.2.10:8080/TCP         expected active, found nothing
        backend 192.0.2.11:8080/TCP         expected active, found nothing
        slot 1                              expected nothing, found nothing, though slot 0 counts it
        backend 2 (not in lb4_backends_v3)  expected nothing, found a slot only"
    `);
    expect(said(() => expect(createMemoryTables()).toHoldService(web))).toMatchInlineSnapshot(`
      "expected: the maps hold the service web
      198.51.100.1:80/TCP
        is not there"
    `);
    expect(said(() => expect(tablesWith(web)).not.toHoldService(web))).toMatchInlineSnapshot(
      `"not expected: the maps hold the service web"`,
    );
  });

  it('compares Maglev tables by backend, whatever the ids', () => {
    const options = { algorithm: 'maglev', maglevSize: 251 } as const;
    const tables = tablesWith(web, options);
    expect(tables).toHoldService(web, options);
    expect(said(() => expect(tables).toHoldService(web))).toMatchInlineSnapshot(`
      "expected: the maps hold the service web
      198.51.100.1:80/TCP
        Maglev table  expected nothing, found 192.0.2.10:8080/TCP 126, 192.0.2.11:8080/TCP 125 of 251 (order 33643486)"
    `);
  });

  it('refuses what is no service', () => {
    expect(() => expect(createMemoryTables()).toHoldService({ ...web, frontends: ['nowhere'] })).toThrow(
      expect.objectContaining({ code: 'LBX_SERVICE_ADDRESS' }),
    );
  });
});

describe('toHoldEntries', () => {
  it('takes lines of a dump', () => {
    const tables = tablesWith(web);
    expect(tables).toHoldEntries('lb4_backends_v3 id=1 => 192.0.2.10:8080/TCP active');
    expect(tables).toHoldEntries(...dump(tables));
    expect(
      said(() =>
        expect(tables).toHoldEntries(
          'lb4_backends_v3 id=1 => 192.0.2.10:8081/TCP active',
          'lb4_backends_v3 id=7 => 192.0.2.10:8080/TCP active',
          'lb4_services_v2 198.51.100.1:80/TCP ext slot=0 => alg=default affinity=0 count=3 qcount=1 flags=LoadBalancer|routable rev=1',
          'lb6_reverse_nat rev=1 => [2001:db8::1]:80',
        ),
      ),
    ).toMatchInlineSnapshot(`
      "expected: the maps hold 4 entries
      lb4_backends_v3 id=1
        value  expected 192.0.2.10:8081/TCP active, found 192.0.2.10:8080/TCP active
      lb4_backends_v3 id=7
        is not there among 2 entries of that map
      lb4_services_v2 198.51.100.1:80/TCP ext slot=0
        count   expected 3, found 2
        qcount  expected 1, found 0
      lb6_reverse_nat rev=1
        is not there: the map is empty"
    `);
  });
});

describe('toEqualEntry', () => {
  const key = { address: '198.51.100.1', dport: 80, backendSlot: 0, proto: 6, scope: 0 };

  it('compares bytes with values, bytes and hex', () => {
    expect(Lb4Key.encode(key)).toEqualEntry(Lb4Key, key);
    expect('c6336401 0050 0000 06 00 0000').toEqualEntry(Lb4Key, key);
    expect(Lb4Key.encode(key)).toEqualEntry(Lb4Key, 'c63364010050000006000000');
  });

  it('shows the fields that differ, padding too', () => {
    const swapped = 'c63364015000000006000001';
    expect(said(() => expect(swapped).toEqualEntry(Lb4Key, key))).toMatchInlineSnapshot(`
      "expected: c63364015000000006000001 is lb4_key c63364010050000006000000
        dport @4   expected 80 (0050), found 20480 (5000)
        pad   @10  expected 0000, found 0001"
    `);
    expect(said(() => expect('c633').toEqualEntry(Lb4Key, key))).toMatchInlineSnapshot(`
      "expected: c633 is lb4_key c63364010050000006000000
        lb4_key has 12 bytes, these are 2"
    `);
  });
});

describe('toBeForwardedTo and toHaveVerdict', () => {
  it('take an explanation', () => {
    const tables = tablesWith({ ...web, backends: ['192.0.2.10:8080'] });
    expect(explain(tables, flow)).toBeForwardedTo('192.0.2.10:8080');
    expect(explain(tablesWith(web), flow)).toBeForwardedTo('192.0.2.10:8080', '192.0.2.11:8080');
    expect(explain(tables, flow)).not.toBeForwardedTo('192.0.2.11:8080');
    expect(explain(tablesWith({ ...web, backends: [] }), flow)).toHaveVerdict('reject', 'no-backend');
  });

  it('show every look into the maps', () => {
    const nobody = explain(tablesWith({ ...web, backends: [] }), flow);
    expect(said(() => expect(nobody).toBeForwardedTo('192.0.2.10:8080'))).toMatchInlineSnapshot(`
      "expected: forwarded to 192.0.2.10:8080
      found: reject (no-backend: the service has no backend that takes new flows)
        the service: lb4_services_v2 address=198.51.100.1 dport=80 backendSlot=0 proto=TCP scope=external => affinityTimeout=0/0 count=0 revNatIndex=1 flags=LoadBalancer|routable flags2=- qcount=0"
    `);
    expect(said(() => expect(nobody).toHaveVerdict('drop'))).toMatchInlineSnapshot(`
      "expected: drop
      found: reject (no-backend: the service has no backend that takes new flows)
        the service: lb4_services_v2 address=198.51.100.1 dport=80 backendSlot=0 proto=TCP scope=external => affinityTimeout=0/0 count=0 revNatIndex=1 flags=LoadBalancer|routable flags2=- qcount=0"
    `);
  });
});

describe('toBePacket', () => {
  const src = '203.0.113.5';
  const frame = (dst: string, ttl: number) =>
    eth({ src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' })
      .ipv4({ src, dst, ttl })
      .tcp({ sport: 40000, dport: 80, flags: ['syn'] });

  it('takes a packet, or some of its fields', () => {
    const bytes = frame('198.51.100.1', 64).bytes();
    expect(bytes).toBePacket(frame('198.51.100.1', 64));
    expect(bytes).toBePacket({ ipv4: { dst: '198.51.100.1' }, tcp: { flags: ['syn'] } });
    expect(bytes).not.toBePacket({ udp: { dport: 80 } });
  });

  it('shows differences by header and field', () => {
    const bytes = frame('192.0.2.10', 63).bytes();
    expect(said(() => expect(bytes).toBePacket(frame('198.51.100.1', 64)))).toMatchInlineSnapshot(`
      "expected: the packet
        ipv4.dst       expected 198.51.100.1, found 192.0.2.10
        ipv4.ttl       expected 64, found 63
        ipv4.checksum  expected 5270, found 32192
        tcp.checksum   expected 44310, found 5441"
    `);
    bytes[50]! ^= 1;
    expect(said(() => expect(bytes).toBePacket({ ipv4: { ttl: 64 } }))).toMatchInlineSnapshot(`
      "expected: a packet with these fields
        ipv4.ttl  expected 64, found 63
        not right: TCP checksum is wrong"
    `);
  });
});
