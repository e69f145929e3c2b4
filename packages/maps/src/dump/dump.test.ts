import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalog } from '../catalog.ts';
import { parseHex } from '../codec/bytes.ts';
import type { AnyLayout } from '../layouts/map-layout.ts';
import { createMemoryTables } from '../tables/memory-tables.ts';
import { type DumpEntry, dump, isPerCpu } from './dump.ts';
import { naturalOrder } from './natural-order.ts';
import { parseDump } from './parse-dump.ts';

/** Golden bytes of the release's reconciler: map, key, value, line. */
const golden: [keyof typeof catalog, string, string, string][] = [
  [
    'lb4_services_v2',
    'c63364010050000006000000',
    '302a00020200000170000200',
    '198.51.100.1:80/TCP ext slot=0 => alg=maglev affinity=10800 count=2 qcount=2 flags=affinity|LoadBalancer|routable rev=1',
  ],
  [
    'lb4_services_v2',
    'c63364010050020006000000',
    '020000000000000170000000',
    '198.51.100.1:80/TCP ext slot=2 => backend=2 flags=affinity|LoadBalancer|routable rev=1',
  ],
  [
    'lb4_services_v2',
    'c63364010000000000000000',
    '000000000000000020000000',
    '198.51.100.1:0/any ext slot=0 => alg=default affinity=0 count=0 qcount=0 flags=LoadBalancer rev=0',
  ],
  [
    'lb4_services_v2',
    'c63364010035000011010000',
    '000000010100000464200000',
    '198.51.100.1:53/UDP int slot=0 => alg=random affinity=0 count=1 qcount=0 flags=extLocal|LoadBalancer|routable|twoScopes rev=4',
  ],
  [
    'lb4_services_v2',
    'c633640201bb010006000000',
    '0900000000000006e0c00000',
    '198.51.100.2:443/TCP ext slot=1 => backend=9 flags=LoadBalancer|routable|sourceRange|deny|dsr rev=6',
  ],
  [
    'lb4_services_v2',
    'c63364030050000006000000',
    '303900000100000b60040000',
    '198.51.100.3:80/TCP ext slot=0 => l7port=12345 count=1 qcount=0 flags=LoadBalancer|routable|l7 rev=11',
  ],
  ['lb4_backends_v3', '01000000', 'c000020a1f90060000000100', 'id=1 => 192.0.2.10:8080/TCP active zone=1'],
  [
    'lb6_backends_v3',
    '01000000',
    '20010db80000000000000000000000011f90110002010000',
    'id=1 => [2001:db8::1]:8080/UDP active cluster=258',
  ],
  ['lb4_source_range', '3900000000060000c0000280', '00', 'rev=6 192.0.2.128/25 => -'],
  ['lb6_reverse_nat', '0007', '20010db80000000000000000000000011f90', 'rev=7 => [2001:db8::1]:8080'],
  ['lb_affinity_match', '0200000000010000', '00', 'rev=1 backend=2 => -'],
  [
    'lb4_affinity',
    'cb007107000000000003000000000000',
    'ca070000000000007117000000000000',
    'clientIp=203.0.113.7 revNatId=3 netnsCookie=0 => lastUsed=1994 backendId=6001',
  ],
  [
    'lb4_affinity',
    '07810c314b28edd47580010000000000',
    'ca070000000000007117000000000000',
    'clientCookie=15342963808931709191 revNatId=30080 netnsCookie=1 => lastUsed=1994 backendId=6001',
  ],
];

const entryOf = (map: keyof typeof catalog, key: string, value: string): DumpEntry => {
  const layout: AnyLayout = catalog[map];
  const decoded = layout.key.decode(parseHex(key));
  return { map, key: decoded, value: layout.value.decode(parseHex(value), decoded) };
};

describe('dump', () => {
  it.each(golden)('%s %s', (map, key, value, line) => {
    const entry = entryOf(map, key, value);
    expect(dump([entry])).toEqual([`${map} ${line}`]);
    expect(parseDump(`${map} ${line}`)).toEqual([entry]);
  });

  const layouts = Object.values(catalog) as AnyLayout[];
  it.each(layouts.filter(({ inner }) => inner === undefined).map((layout) => [layout.name, layout] as const))(
    'any entry of %s comes back',
    (map, layout) => {
      const bytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
      fc.assert(
        fc.property(bytes(layout.key.size), bytes(layout.valueSize), bytes(layout.valueSize), (k, a, b) => {
          const key = layout.key.decode(k);
          const values = [a, b].map((one) => layout.value.decode(one, key));
          const entry = { map, key, value: isPerCpu(layout) ? values : values[0] };
          const [line] = dump([entry]);
          expect(parseDump([line!])).toEqual([entry]);
          // What was read fits again, and reads the same.
          const again = layout.value.decode(layout.value.encode(values[0], key), key);
          expect([layout.key.decode(layout.key.encode(key)), again]).toEqual([key, values[0]]);
        }),
        { numRuns: 200 },
      );
    },
  );

  it('lookup tables come back, and have a short form', () => {
    const ids = fc.array(fc.integer({ min: 0, max: 0xffffffff }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(ids, fc.integer({ min: 1, max: 300 }), (choice, length) => {
        const value = Uint32Array.from({ length }, (_, i) => choice[(i * 7) % choice.length]!);
        const entry = { map: 'lb4_maglev', key: { revNatId: 1 }, value };
        expect(parseDump(dump([entry]))).toEqual([entry]);
      }),
    );
    const many = Uint32Array.from({ length: 1021 }, (_, i) => i % 400);
    const entry = { map: 'lb6_maglev', key: { revNatId: 1 }, value: many };
    expect(parseDump(dump([entry]))).toEqual([entry]);
    const small = { ...entry, value: Uint32Array.of(3, 1, 3, 3, 1) };
    expect(dump([small], { maglev: 'digest' })).toEqual(['lb6_maglev rev=1 => m=5 share=1:2,3:3']);
    expect(() => parseDump('lb6_maglev rev=1 => m=5 share=1:2,3:3')).toThrow(/line 1 .*full dump/);
  });

  it('is sorted by number where there are numbers, whatever the order of the entries', () => {
    const entries = golden.map(([map, key, value]) => entryOf(map, key, value));
    const lines = dump(entries);
    expect(dump([...entries].reverse())).toEqual(lines);
    const slots = [10, 2, 1].map((n) => ({
      map: 'lb4_reverse_nat',
      key: { revNatId: n },
      value: { address: '192.0.2.1', port: n },
    }));
    expect(dump(slots).map((line) => line.split(' ')[1])).toEqual(['rev=1', 'rev=2', 'rev=10']);
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom(...'a019 ') }), { maxLength: 8 }), (texts) => {
        const sorted = [...texts].sort(naturalOrder);
        expect([...texts].reverse().sort(naturalOrder)).toEqual(sorted);
        for (let i = 1; i < sorted.length; i++)
          expect(naturalOrder(sorted[0]!, sorted[i]!)).toBeLessThanOrEqual(0);
      }),
    );
  });

  it('takes tables, snapshots and entries alike', () => {
    const tables = createMemoryTables();
    const entries = golden.slice(0, 6).map(([map, key, value]) => entryOf(map, key, value));
    for (const { key, value } of entries) tables.lb4_services_v2.set(key as never, value as never);
    const lines = dump(entries);
    expect(dump(tables)).toEqual(lines);
    expect(dump({ entries: new Map(entries.map((entry, i) => [String(i), entry])) })).toEqual(lines);
    expect(parseDump(`# written by lbx\n\n${lines.join('\n')}\n`)).toHaveLength(6);
  });

  it.each([
    ['nonsense', 'expected "map key => value"'],
    ['other a => b', 'no layout for a map other'],
    [
      'lb4_services_v2 198.51.100.1:80/TCP => backend=1 flags=- rev=1',
      'is not like 198.51.100.1:80/TCP ext slot=0',
    ],
    [
      'lb4_services_v2 198.51.100.1:99999/TCP ext slot=0 => alg=random affinity=0 count=1 qcount=0 flags=- rev=1',
      'lb4_key.dport: 99999',
    ],
    ['lb4_services_v2 198.51.100.1:80/TCPP ext slot=1 => backend=1 flags=- rev=1', 'lb4_key.proto: NaN'],
    ['lb4_services_v2 198.51.100.1:80/TCP ext slot=1 => backend=1 flags=routabel rev=1', 'lb4_service.flags'],
    [
      'lb4_services_v2 198.51.100.1:80/TCP ext slot=1 => alg=random affinity=0 count=1 qcount=0 flags=- rev=1',
      'is not like backend=2',
    ],
    ['lb4_reverse_nat rev=1 => 198.51.100:80', 'lb4_reverse_nat.address: "198.51.100" is no IPv4'],
    ['lb4_affinity revNatId=1 netnsCookie=0 => lastUsed=1 backendId=1', 'has no'],
    [
      'lb4_affinity clientIp=192.0.2.1 revNatId= netnsCookie=0 => lastUsed=1 backendId=1',
      'lb4_affinity_key.revNatId: NaN',
    ],
    [
      'lb4_affinity clientIp=192.0.2.1 revNatId=1 netnsCookie=2 => lastUsed=1 backendId=1',
      'netnsCookie: expected true or false',
    ],
    ['lb4_affinity clientIp=192.0.2.1 revNatId=1 netnsCookie=0 => lastUsed=x backendId=1', 'BigInt'],
    ['lb4_maglev rev=1 => m=2 share=1:2 table=AA==', 'table= holds 1 bytes, m=2 needs 2'],
  ])('%s is refused', (line, problem) => {
    expect(() => parseDump(['', line])).toThrow(
      expect.objectContaining({ code: 'LBX_DUMP_SYNTAX', message: expect.stringContaining(problem) }),
    );
    expect(() => parseDump(['', line])).toThrow(/^line 2 of the dump: /);
  });
});
