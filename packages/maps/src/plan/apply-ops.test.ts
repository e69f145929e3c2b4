import { describe, expect, it } from 'vitest';
import { createIds } from '../ids/ids.ts';
import type { Frontend } from '../model/frontend.ts';
import { project } from '../project/project.ts';
import type { Projection } from '../project/projection.ts';
import type { MasterValue } from '../project/service-entry.ts';
import { failNth } from '../tables/fail-nth.ts';
import { createMemoryTables, type Tables } from '../tables/memory-tables.ts';
import type { AnyTable } from '../tables/table.ts';
import { applyOps } from './apply-ops.ts';
import { allChanges } from './change.ts';
import { plan, planChanges } from './plan.ts';
import { readSnapshot } from './snapshot.ts';
import { createWritten } from './written.ts';

const options = { nodeAddresses: [], wildcards: true };
const service = (port: number, numbers: readonly number[], more: Partial<Frontend> = {}): Frontend => ({
  service: `s${port}`,
  address: '198.51.100.1',
  port,
  protocol: 'TCP',
  type: 'LoadBalancer',
  backends: numbers.map((n) => ({ address: `192.0.2.${n}`, port: 8080, protocol: 'TCP' })),
  ...more,
});

/** Slots within a count that lead to no backend. */
function dangling(tables: Tables): string[] {
  const found: string[] = [];
  for (const [key, value] of tables.lb4_services_v2.entries()) {
    if (key.backendSlot !== 0) continue;
    for (let backendSlot = 1; backendSlot <= (value as MasterValue).count; backendSlot++) {
      const slot = tables.lb4_services_v2.get({ ...key, backendSlot }) as { backendId: number } | undefined;
      if (slot === undefined || tables.lb4_backends_v3.get({ backendId: slot.backendId }) === undefined) {
        found.push(`${key.dport} slot ${backendSlot}`);
      }
    }
  }
  return found;
}

const before = [service(80, [1, 2, 3], { affinitySeconds: 9 }), service(81, [3, 4]), service(82, [5])];
const after = [
  service(80, [2, 6], { sourceRanges: ['203.0.113.0/24'] }),
  service(81, [4, 6, 7, 8], { affinitySeconds: 9 }),
  service(83, [5, 9]),
];

describe('applyOps', () => {
  it.each(['E2BIG', 'ENOMEM', 'EPERM', 'EBUSY'] as const)(
    'keeps the maps safe when any one write fails with %s, and a new plan finishes',
    (code) => {
      for (let n = 1; ; n++) {
        const ids = createIds();
        const clean = createMemoryTables();
        const state = project(before, options, ids);
        applyOps(clean, plan(readSnapshot(clean), state));
        const firstWrites = applyCount(before);
        const faulty = createMemoryTables({ failOn: failNth(firstWrites + n, code) });
        applyOps(faulty, plan(readSnapshot(faulty), state));
        const wanted = project(after, options, ids);
        const ops = plan(readSnapshot(faulty), wanted);
        if (n > ops.length) return;
        const result = applyOps(faulty, ops);
        expect(result.failures).toHaveLength(1);
        expect(result.done + result.skipped.length + 1).toBe(ops.length);
        expect(dangling(faulty), `after failure of write ${n}`).toEqual([]);
        const retry = applyOps(faulty, plan(readSnapshot(faulty), wanted));
        expect(retry.failures).toEqual([]);
        expect([...readSnapshot(faulty).entries].sort()).toEqual(
          [...wanted.entries].map(([id, { map, key, value }]) => [id, { map, key, value }]).sort(),
        );
      }
    },
  );

  function applyCount(frontends: readonly Frontend[]): number {
    const tables = createMemoryTables();
    return applyOps(tables, plan(readSnapshot(tables), project(frontends, options, createIds()))).done;
  }

  it('names map, size and option of a full map, and serves the other frontends', () => {
    const tables = createMemoryTables({ maxEntries: { lb4_services_v2: 6 } });
    const ids = createIds();
    const wanted = project([service(80, [1, 2]), service(81, [3, 4, 5])], { wildcards: false }, ids);
    const result = applyOps(tables, plan(readSnapshot(tables), wanted));
    expect([...result.pending]).toEqual(['198.51.100.1:81/TCP']);
    expect(result.failures[0]).toMatchObject({
      tableCode: 'E2BIG',
      error: {
        code: 'LBX_MAP_FULL',
        map: 'lb4_services_v2',
        maxEntries: 6,
        option: 'maxEntries.lb4_services_v2',
      },
    });
    expect(result.failures[0]!.error.message).toBe(
      'frontend 198.51.100.1:81/TCP: map lb4_services_v2 is full (6 entries); raise the option maxEntries.lb4_services_v2',
    );
    expect(
      tables.lb4_services_v2.get({ address: '198.51.100.1', dport: 80, backendSlot: 0, proto: 6, scope: 0 }),
    ).toMatchObject({ count: 2 });
  });

  it('holds back every frontend that was to use a backend which could not be written', () => {
    const tables = createMemoryTables({ maxEntries: { lb4_backends_v3: 2 } });
    const wanted = project(
      [service(80, [1]), service(81, [2, 3]), service(82, [3])],
      { wildcards: false },
      createIds(),
    );
    const result = applyOps(tables, plan(readSnapshot(tables), wanted));
    expect([...result.pending]).toEqual(['198.51.100.1:81/TCP', '198.51.100.1:82/TCP']);
    expect(dangling(tables)).toEqual([]);
    expect([...tables.lb4_reverse_nat.entries()].map(([, { port }]) => port)).toEqual([80]);
  });

  it('holds back a new external scope while its internal one could not be written, as lookups would fall back to it', () => {
    const scopes = (numbers: readonly number[]) => [
      service(80, numbers, { scope: 'external' }),
      service(80, [1], { scope: 'internal' }),
    ];
    for (const [isThere, pending] of [
      [false, ['198.51.100.1:80/TCP', '198.51.100.1:80/TCP/i']],
      [true, ['198.51.100.1:80/TCP/i']],
    ] as const) {
      const ids = createIds();
      let refuses = false;
      const tables = createMemoryTables({
        failOn: ({ map, key }) =>
          refuses && map === 'lb4_services_v2' && (key as { scope: number }).scope === 1
            ? 'ENOMEM'
            : undefined,
      });
      if (isThere) applyOps(tables, plan(readSnapshot(tables), project(scopes([1]), options, ids)));
      const actual = readSnapshot(tables);
      const wanted = project(
        [...scopes([1, 2]).slice(0, 1), service(80, [1, 3], { scope: 'internal' })],
        options,
        ids,
      );
      refuses = true;
      const result = applyOps(tables, plan(actual, wanted), createWritten(actual));
      expect([...result.pending].sort()).toEqual(pending);
    }
  });

  it('writes no wildcard while a frontend of the address waits, and deletes none of them while the wildcard stays', () => {
    const wild = { nodeAddresses: [], wildcards: true };
    const ids = createIds();
    const wanted = project([service(80, [1]), service(81, [1])], wild, ids);
    const tables = createMemoryTables({ failOn: failNth(4, 'EPERM') });
    const wildcard = { address: '198.51.100.1', dport: 0, backendSlot: 0, proto: 0, scope: 0 };
    const first = applyOps(tables, plan(readSnapshot(tables), wanted));
    expect([...first.pending]).toEqual(['198.51.100.1:80/TCP']);
    expect(tables.lb4_services_v2.get(wildcard)).toBeUndefined();
    applyOps(tables, plan(readSnapshot(tables), wanted));
    expect(tables.lb4_services_v2.get(wildcard)).toBeDefined();

    const { entries } = readSnapshot(tables);
    const stuck = createMemoryTables({
      failOn: ({ operation, key }) =>
        operation === 'delete' && (key as { dport?: number }).dport === 0 ? 'EBUSY' : undefined,
    });
    for (const { map, key, value } of entries.values()) (stuck[map] as AnyTable).set(key, value);
    const result = applyOps(stuck, plan(readSnapshot(stuck), project([], wild, ids)));
    expect([...result.pending].sort()).toEqual(['198.51.100.1:80/TCP', '198.51.100.1:81/TCP']);
    expect(result.done).toBe(0);
    expect(readSnapshot(stuck).entries.size).toBe(entries.size);
  });

  it('keeps a backend that a Maglev table names whose delete failed', () => {
    const ids = createIds();
    const wanted = project([service(80, [1, 2], { algorithm: 'maglev' })], { maglevSize: 13 }, ids);
    let stuck = false;
    const tables = createMemoryTables({
      failOn: ({ operation, map }) =>
        stuck && operation === 'delete' && map === 'lb4_maglev' ? 'EBUSY' : undefined,
    });
    const written = createWritten(readSnapshot(tables));
    const apply = (projection: Projection) =>
      applyOps(tables, planChanges(written, projection, allChanges(written, projection)), written);
    apply(wanted);
    stuck = true;
    const none = project([], { maglevSize: 13 }, ids);
    expect(apply(none).skipped.map(({ map }) => map)).toEqual([
      'lb4_reverse_nat',
      'lb4_backends_v3',
      'lb4_backends_v3',
    ]);
    stuck = false;
    apply(none);
    expect(readSnapshot(tables).entries.size).toBe(0);
  });

  it('throws what is no error of a table', () => {
    const tables = createMemoryTables();
    const op = {
      op: 'set',
      map: 'lb4_reverse_nat',
      key: { revNatId: 1 },
      value: { address: 'x', port: 1 },
    } as const;
    expect(() => applyOps(tables, [op])).toThrow(expect.objectContaining({ code: 'LBX_ADDRESS' }));
  });
});
