import { describe, expect, it } from 'vitest';
import { createIds } from '../ids/ids.ts';
import { restoreIds } from '../ids/restore-ids.ts';
import { ServiceFlag, ServiceFlag2 } from '../layouts/names.ts';
import type { Backend } from '../model/backend.ts';
import type { Frontend } from '../model/frontend.ts';
import { project } from '../project/project.ts';
import type { MasterValue } from '../project/service-entry.ts';
import { createMemoryTables } from '../tables/memory-tables.ts';
import { applyOps } from './apply-ops.ts';
import type { Op } from './op.ts';
import { plan } from './plan.ts';
import { readSnapshot } from './snapshot.ts';

const options = { wildcards: false } as const;
const backend = (n: number, more: Partial<Backend> = {}): Backend => ({
  address: `192.0.${2 + (n >> 8)}.${n & 255}`,
  port: 8080,
  protocol: 'TCP',
  ...more,
});
const frontend = (backends: readonly Backend[], more: Partial<Frontend> = {}): Frontend => ({
  service: 's',
  address: '198.51.100.1',
  port: 80,
  protocol: 'TCP',
  type: 'LoadBalancer',
  backends,
  ...more,
});
const short = (ops: readonly Op[]) =>
  ops.map((op) => {
    const key = op.key as { backendSlot?: number; backendId?: number };
    return `${op.op} ${op.map} ${key.backendSlot ?? key.backendId ?? ''}`.trim();
  });

describe('plan', () => {
  it('writes backends, then slots, then the master; deletes the other way round', () => {
    const ids = createIds();
    const empty = project([], options, ids);
    const one = project([frontend([backend(1), backend(2, { state: 'terminating' })])], options, ids);
    expect(short(plan(empty, one))).toEqual([
      'set lb4_backends_v3 1',
      'set lb4_backends_v3 2',
      'set lb4_reverse_nat',
      'set lb4_services_v2 1',
      'set lb4_services_v2 0',
      'set lb4_services_v2 2',
    ]);
    expect(short(plan(one, empty))).toEqual([
      'delete lb4_services_v2 0',
      'delete lb4_services_v2 1',
      'delete lb4_services_v2 2',
      'delete lb4_reverse_nat',
      'delete lb4_backends_v3 1',
      'delete lb4_backends_v3 2',
    ]);
  });

  describe('writes O(changed): of 1,000 endpoints', () => {
    const all = Array.from({ length: 1000 }, (_, i) => backend(2 * i));
    const cases: [string, Backend[], string[]][] = [
      [
        'one replaced by its neighbour',
        all.with(500, backend(1001)),
        ['set lb4_backends_v3 1001', 'set lb4_services_v2 501', 'delete lb4_backends_v3 501'],
      ],
      [
        'one more at the end',
        [...all, backend(3000)],
        ['set lb4_backends_v3 1001', 'set lb4_services_v2 1001', 'set lb4_services_v2 0'],
      ],
      ['one in another zone', all.with(7, { ...all[7]!, zone: 3 }), ['set lb4_backends_v3 8']],
      ['none', [...all], []],
    ];
    it.each(cases)('%s', (_, changed, expected) => {
      const ids = createIds();
      const before = project([frontend(all)], options, ids);
      expect(short(plan(before, project([frontend(changed)], options, ids)))).toEqual(expected);
    });

    it('slots between a removed and an added address shift, as they are sorted', () => {
      const ids = createIds();
      const before = project([frontend(all)], options, ids);
      const after = project([frontend(all.with(990, backend(3000)))], options, ids);
      const ops = plan(before, after);
      expect(ops.filter((op) => 'backendSlot' in op.key).length).toBe(1000 - 990);
      expect(ops.length).toBe(10 + 2);
    });
  });

  it('says the same for a snapshot as for the projection that it equals', () => {
    const ids = createIds();
    const tables = createMemoryTables();
    const services = (n: number) =>
      Array.from({ length: 20 }, (_, i) =>
        frontend([backend(i), backend(i + n), backend(i + 2 * n)], { port: 80 + i, affinitySeconds: 60 }),
      );
    const before = project(services(3), options, ids);
    applyOps(tables, plan(readSnapshot(tables), before));
    const after = project(services(4).slice(1), options, ids);
    const sorted = (ops: readonly Op[]) => ops.map((op) => JSON.stringify([op.op, op.map, op.key])).sort();
    const ops = plan(readSnapshot(tables), after);
    expect(sorted(ops)).toEqual(sorted(plan(before, after)));
    applyOps(tables, ops);
    expect([...readSnapshot(tables).entries.keys()].sort()).toEqual([...after.entries.keys()].sort());
  });

  it('without prune deletes only what belongs to frontends that it knows', () => {
    const ids = createIds();
    const before = project(
      [frontend([backend(1), backend(2)], { affinitySeconds: 5 }), frontend([backend(3)], { port: 81 })],
      options,
      ids,
    );
    const after = project([frontend([backend(1)])], options, ids);
    expect(short(plan(before, after, { prune: false }))).toEqual([
      'set lb4_services_v2 1',
      'set lb4_services_v2 0',
      'delete lb4_services_v2 2',
      'delete lb_affinity_match 1',
      'delete lb_affinity_match 2',
    ]);
  });

  it('leaves alone what the maps hold of a refused frontend, and writes nothing of it', () => {
    const ids = createIds();
    const tables = createMemoryTables();
    const good = frontend([backend(1)], { affinitySeconds: 60, sourceRanges: ['203.0.113.0/24'] });
    const other = frontend([backend(2)], { port: 81 });
    applyOps(tables, plan(readSnapshot(tables), project([good, other], { wildcards: true }, ids)));
    const bad = project([{ ...good, affinitySeconds: 2 ** 24 }], { wildcards: true }, ids);
    expect(bad.refused).toMatchObject([
      { name: '198.51.100.1:80/TCP', error: { code: 'LBX_SERVICE_AFFINITY' } },
    ]);
    const ops = plan(readSnapshot(tables), bad);
    expect(short(ops)).toEqual([
      'delete lb4_services_v2 0',
      'delete lb4_services_v2 1',
      'delete lb4_reverse_nat',
      'delete lb4_backends_v3 2',
    ]);
    expect(ops[0]!.frontend).toBe('198.51.100.1:81/TCP');
  });

  it('writes internal scopes before the masters that lead to them', () => {
    const ids = createIds();
    const set = [backend(1)];
    const both = [frontend(set, { extLocal: true }), frontend(set, { extLocal: true, scope: 'internal' })];
    const ops = plan(project([], options, ids), project(both, options, ids));
    const masters = ops.filter((op) => 'backendSlot' in op.key && op.key.backendSlot === 0);
    expect(masters.map(({ frontend }) => frontend)).toEqual(['198.51.100.1:80/TCP/i', '198.51.100.1:80/TCP']);
  });

  describe('source ranges that turn from those let in to those kept out', () => {
    const turn = (before: readonly string[], after: readonly string[]) => {
      const ids = createIds();
      const rule = (sourceRanges: readonly string[], sourceRangesPolicy: 'allow' | 'deny') =>
        project([frontend([backend(1)], { sourceRanges, sourceRangesPolicy })], options, ids);
      const there = plan(rule(before, 'allow'), rule(after, 'deny'));
      const back = plan(rule(after, 'deny'), rule(before, 'allow'));
      return [there, back].map((ops) =>
        ops
          .filter(({ key }) => !('backendSlot' in key && key.backendSlot > 0))
          .map((op) => {
            if ('prefixlen' in op.key) return `${op.op} ${op.key.addr}`;
            const { flags, flags2, count } = (op as { value: MasterValue }).value;
            expect(count).toBe(1);
            if (!(flags & ServiceFlag.routable)) return 'nobody';
            if (!(flags & ServiceFlag.sourceRange)) return 'everybody';
            return flags2 & ServiceFlag2.deny ? 'deny' : 'allow';
          }),
      );
    };

    it('turn by one write where they are the same addresses', () => {
      expect(turn(['203.0.113.0/24'], ['203.0.113.7/24'])).toEqual([
        ['set 203.0.113.7', 'deny'],
        ['set 203.0.113.0', 'allow'],
      ]);
      expect(turn(['203.0.113.0/24'], ['203.0.113.0/25', '203.0.113.128/25'])).toEqual([
        ['set 203.0.113.0', 'set 203.0.113.128', 'deny', 'delete 203.0.113.0'],
        ['set 203.0.113.0', 'allow', 'delete 203.0.113.0', 'delete 203.0.113.128'],
      ]);
      expect(turn(['2001:db8::/32'], ['2001:db9::/32'])[0]).toEqual(['deny']);
    });

    it('let everybody in meanwhile where all that are kept out were let in', () => {
      expect(turn(['203.0.113.0/24', '198.51.100.0/24'], ['203.0.113.64/26'])).toEqual([
        ['everybody', 'set 203.0.113.64', 'delete 203.0.113.0', 'delete 198.51.100.0', 'deny'],
        ['everybody', 'set 203.0.113.0', 'set 198.51.100.0', 'delete 203.0.113.64', 'allow'],
      ]);
    });

    it('let nobody in meanwhile where all that were let in are kept out', () => {
      expect(turn(['203.0.113.64/26'], ['203.0.113.0/24'])).toEqual([
        ['nobody', 'set 203.0.113.0', 'delete 203.0.113.64', 'deny'],
        ['nobody', 'set 203.0.113.64', 'delete 203.0.113.0', 'allow'],
      ]);
    });

    it('let nobody in meanwhile where some are refused by both rules and some by neither', () => {
      expect(turn(['203.0.113.0/24'], ['198.51.100.0/24'])).toEqual([
        ['nobody', 'set 198.51.100.0', 'delete 203.0.113.0', 'deny'],
        ['nobody', 'set 203.0.113.0', 'delete 198.51.100.0', 'allow'],
      ]);
    });

    it('are those of the last word when a turn was interrupted and taken back', () => {
      const ids = createIds();
      const tables = createMemoryTables();
      const rule = (range: string, sourceRangesPolicy: 'allow' | 'deny') =>
        project([frontend([backend(1)], { sourceRanges: [range], sourceRangesPolicy })], options, ids);
      const [let1, kept] = [rule('203.0.113.0/24', 'allow'), rule('198.51.100.0/24', 'deny')];
      applyOps(tables, plan(readSnapshot(tables), let1));
      applyOps(tables, plan(readSnapshot(tables), kept).slice(0, 2));
      const ops = plan(readSnapshot(tables), let1);
      expect(short(ops)).toEqual(['delete lb4_source_range', 'set lb4_services_v2 0']);
    });
  });

  it('deletes source ranges that an interrupted writer left before they begin to be looked at', () => {
    const ids = createIds();
    const tables = createMemoryTables();
    applyOps(tables, plan(readSnapshot(tables), project([frontend([backend(1)])], options, ids)));
    tables.lb4_source_range.set({ prefixlen: 56, revNatId: 1, addr: '198.51.100.0' }, {});
    const deny = { sourceRanges: ['203.0.113.0/24'], sourceRangesPolicy: 'deny' } as const;
    const ops = plan(readSnapshot(tables), project([frontend([backend(1)], deny)], options, ids));
    expect(short(ops)).toEqual([
      'set lb4_source_range',
      'delete lb4_source_range',
      'set lb4_services_v2 1',
      'set lb4_services_v2 0',
    ]);
  });

  it('writes a source range anew when only its host bits changed, and does not delete it', () => {
    const ids = createIds();
    const ranges = (range: string) => frontend([backend(1)], { sourceRanges: [range] });
    const before = project([ranges('203.0.113.7/24')], options, ids);
    const after = project([ranges('203.0.113.8/24')], options, ids);
    expect(plan(before, after)).toMatchObject([
      { op: 'set', map: 'lb4_source_range', key: { addr: '203.0.113.8' } },
    ]);
  });

  it('refuses ids that mean something else in the maps, and accepts restored ones', () => {
    const tables = createMemoryTables();
    applyOps(tables, plan(readSnapshot(tables), project([frontend([backend(1)])], options, createIds())));
    const snapshot = readSnapshot(tables);
    const wrongBackend = project([frontend([backend(2)])], options, createIds());
    expect(() => plan(snapshot, wrongBackend)).toThrow(
      'backend id 1 is 192.0.2.1 8080 in the maps and 192.0.2.2 8080 in the projection; project with restoreIds',
    );
    const wrongFrontend = project([frontend([backend(1)], { port: 81 })], options, createIds());
    expect(() => plan(snapshot, wrongFrontend)).toThrow(
      expect.objectContaining({ code: 'LBX_ID_CONFLICT', id: 1 }),
    );
    const restored = restoreIds(snapshot);
    expect(plan(snapshot, project([frontend([backend(1)])], options, restored))).toEqual([]);
    const ops = plan(snapshot, project([frontend([backend(2)], { port: 81 })], options, restored));
    expect(ops.filter(({ op }) => op === 'set').map(({ key }) => key)).toContainEqual({ backendId: 2 });
  });
});
