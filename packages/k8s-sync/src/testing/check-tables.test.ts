import { createMemoryTables, parseDump, type Tables } from '@lbx/maps';
import { describe, expect, it } from 'vitest';
import { checkTables } from './check-tables.ts';

const good = [
  'lb4_backends_v3 id=1 => 192.0.2.50:8080/TCP active',
  'lb4_reverse_nat rev=1 => 198.51.100.10:80',
  'lb4_services_v2 198.51.100.10:0/any ext slot=0 => alg=default affinity=0 count=0 qcount=0 flags=- rev=0',
  'lb4_services_v2 198.51.100.10:80/TCP ext slot=0 => alg=default affinity=9 count=1 qcount=0 flags=- rev=1',
  'lb4_services_v2 198.51.100.10:80/TCP ext slot=1 => backend=1 flags=- rev=1',
  'lb_affinity_match rev=1 backend=1 => -',
  'lb4_source_range rev=1 192.0.2.0/24 => -',
];

function tablesOf(lines: readonly string[]): Tables {
  const tables = createMemoryTables();
  for (const { map, key, value } of parseDump(lines))
    tables[map as 'lb4_reverse_nat'].set(key as never, value as never);
  return tables;
}

describe('checkTables', () => {
  it('finds nothing wrong with maps that are right', () => {
    expect(checkTables(tablesOf(good))).toEqual([]);
    expect(checkTables(tablesOf([]))).toEqual([]);
  });

  it.each([
    ['a slot without backend', good.slice(1), 'names backend 1, which is not there'],
    ['no reverse NAT', good.toSpliced(1, 1), 'has id 1, whose reverse NAT is missing'],
    ['slots without slot 0', good.toSpliced(3, 1), 'has slots and no slot 0'],
    ['a count without slot', good.toSpliced(4, 1), 'has no slot 1'],
    [
      'a backend of nobody',
      [...good, 'lb4_backends_v3 id=2 => 192.0.2.51:8080/TCP active'],
      'backend 2 is in no slot',
    ],
    [
      'a backend twice',
      [...good, 'lb4_backends_v3 id=2 => 192.0.2.50:8080/TCP active'],
      'backends 1 and 2 are both',
    ],
    ['a reverse NAT of nobody', [...good, 'lb4_reverse_nat rev=2 => 198.51.100.10:81'], 'reverse NAT 2 of'],
    [
      'a slot beyond the last',
      [...good, 'lb4_services_v2 198.51.100.10:80/TCP ext slot=2 => backend=1 flags=- rev=1'],
      'has 2 slots and counts 1 + 0',
    ],
    [
      'an id of two frontends',
      [
        ...good,
        'lb4_services_v2 198.51.100.10:81/TCP ext slot=0 => alg=default affinity=0 count=0 qcount=0 flags=- rev=1',
      ],
      'both have id 1',
    ],
    [
      'a slot with other flags',
      good.toSpliced(
        4,
        1,
        'lb4_services_v2 198.51.100.10:80/TCP ext slot=1 => backend=1 flags=NodePort rev=1',
      ),
      'another id or other flags than slot 0',
    ],
    [
      'a wildcard without frontend',
      [
        ...good,
        'lb4_services_v2 198.51.100.11:0/any ext slot=0 => alg=default affinity=0 count=0 qcount=0 flags=- rev=0',
      ],
      'the wildcard of 198.51.100.11 has no frontend',
    ],
    ['affinity of nobody', [...good, 'lb_affinity_match rev=2 backend=1 => -'], 'has an entry of frontend 2'],
    [
      'affinity to no slot',
      [...good, 'lb_affinity_match rev=1 backend=2 => -'],
      'knows backend 2, which has no slot',
    ],
    [
      'source ranges of nobody',
      [...good, 'lb4_source_range rev=3 192.0.2.0/24 => -'],
      'has an entry of frontend 3',
    ],
  ])('%s', (_, lines, message) => {
    expect(checkTables(tablesOf(lines))).toContainEqual(expect.stringContaining(message));
  });
});
