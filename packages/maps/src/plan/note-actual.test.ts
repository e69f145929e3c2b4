import { describe, expect, it } from 'vitest';
import { createIds } from '../ids/ids.ts';
import type { Frontend } from '../model/frontend.ts';
import type { Entry } from '../project/entry.ts';
import type { ProjectionChanges } from '../project/projection-changes.ts';
import { createProjector } from '../project/projector.ts';
import { createMemoryTables, type Tables } from '../tables/memory-tables.ts';
import type { AnyTable } from '../tables/table.ts';
import { applyOps } from './apply-ops.ts';
import { allChanges } from './change.ts';
import { type Difference, noteActual } from './note-actual.ts';
import { planChanges } from './plan.ts';
import { readSnapshot } from './snapshot.ts';
import { createWritten } from './written.ts';

const frontend = (n: number, backends: readonly number[], rest: Partial<Frontend> = {}): Frontend => ({
  service: `s${n}`,
  address: `198.51.100.${n}`,
  port: 80,
  protocol: 'TCP',
  type: 'LoadBalancer',
  backends: backends.map((b) => ({ address: `192.0.2.${b}`, port: 8080, protocol: 'TCP' })),
  affinitySeconds: 60,
  sourceRanges: ['203.0.113.0/24'],
  algorithm: 'maglev',
  ...rest,
});

/** Two services in memory tables, with all kinds of entries. */
function world() {
  const tables = createMemoryTables();
  const ids = createIds();
  const projector = createProjector({ maglevSize: 7 }, ids);
  for (const n of [1, 2]) projector.set(`s${n}`, [frontend(n, [n, 10])]);
  const written = createWritten(readSnapshot(tables));
  const desired = projector.projection;
  applyOps(tables, planChanges(written, desired, allChanges(written, desired)), written);
  projector.takeChanges();
  const clean = [...readSnapshot(tables).entries.keys()].sort();
  /** One round of comparing everything, in both directions, and of repairing what differs. */
  const repair = () => {
    const changes: ProjectionChanges = { frontends: new Set(), backends: new Set(), wildcards: new Set() };
    const differences: Difference[] = [];
    const note = (found: Parameters<typeof noteActual>[3]) => {
      const difference = noteActual(written, desired, changes, found);
      if (difference !== undefined) differences.push(difference);
    };
    for (const entry of readSnapshot(tables).entries.values()) note(entry);
    for (const { map, key } of [...written.entries()]) {
      const isThere = [...(tables[map] as AnyTable).entries()].some(([there]) => same(there, key));
      if (!isThere) note({ map, key });
    }
    const result = applyOps(tables, planChanges(written, desired, changes), written);
    expect(result.failures).toEqual([]);
    return differences;
  };
  return { tables, written, desired, clean, repair };
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
const firstOf = (tables: Tables, map: Entry['map']) =>
  [...readSnapshot(tables).entries.values()].filter((entry) => entry.map === map)[0]!;

describe('noteActual', () => {
  it('says nothing about what is as it was written', () => {
    const { repair, desired, written } = world();
    expect(repair()).toEqual([]);
    expect([[...written.entries()].length, written.count()]).toEqual([
      desired.entries.size,
      desired.entries.size,
    ]);
  });

  const maps = [
    'lb4_services_v2',
    'lb4_backends_v3',
    'lb4_reverse_nat',
    'lb_affinity_match',
    'lb4_source_range',
    'lb4_maglev',
  ] as const;

  it.each(maps)('%s: an entry that is gone comes back', (map) => {
    const { tables, clean, repair } = world();
    (tables[map] as AnyTable).delete(firstOf(tables, map).key);
    expect(repair()).toEqual(['missing']);
    expect([...readSnapshot(tables).entries.keys()].sort()).toEqual(clean);
    expect(repair()).toEqual([]);
  });

  it.each(maps)('%s: all of it gone comes back', (map) => {
    const { tables, clean, repair } = world();
    for (const [key] of [...(tables[map] as AnyTable).entries()]) (tables[map] as AnyTable).delete(key);
    expect(new Set(repair())).toEqual(new Set(['missing']));
    expect([...readSnapshot(tables).entries.keys()].sort()).toEqual(clean);
  });

  it('another value is put right', () => {
    const { tables, desired, repair } = world();
    const [one, two] = [...desired.frontends.values()];
    const master = one!.master as Entry<'lb4_services_v2'>;
    tables.lb4_services_v2.set(master.key, { ...master.value, count: 1 } as never);
    const slot = [...two!.slots][0] as Entry<'lb4_services_v2'>;
    tables.lb4_services_v2.set(slot.key, { ...slot.value, backendId: 999 } as never);
    const backend = [...desired.backends.values()][0] as Entry<'lb4_backends_v3'>;
    tables.lb4_backends_v3.set(backend.key, { ...backend.value, port: 1 });
    expect(repair()).toEqual(['changed', 'changed', 'changed']);
    expect(repair()).toEqual([]);
    expect(tables.lb4_services_v2.get(master.key)).toEqual(master.value);
    expect(tables.lb4_services_v2.get(slot.key)).toEqual(slot.value);
    expect(tables.lb4_backends_v3.get(backend.key)).toEqual(backend.value);
  });

  it('entries that nobody wrote go: a service of its own, slots, backends, and what hangs on ids', () => {
    const { tables, clean, desired, repair } = world();
    const group = [...desired.frontends.values()][0]!;
    const master = group.master as Entry<'lb4_services_v2'>;
    const slots = [...group.slots];
    const { key } = master;
    tables.lb4_services_v2.set({ ...key, dport: 81 }, { ...master.value, revNatIndex: 500 } as never);
    tables.lb4_services_v2.set({ ...key, dport: 81, backendSlot: 1 }, slots[0]!.value);
    tables.lb4_services_v2.set({ ...key, backendSlot: 3 }, { ...slots[0]!.value, backendId: 700 } as never);
    const backend = [...desired.backends.values()][0] as Entry<'lb4_backends_v3'>;
    tables.lb4_backends_v3.set({ backendId: 700 } as never, backend.value);
    tables.lb4_reverse_nat.set({ revNatId: 501 } as never, { address: '192.0.2.9', port: 9 } as never);
    tables.lb4_source_range.set({ prefixlen: 64, revNatId: 1, addr: '192.0.2.7' } as never, {} as never);
    expect(repair()).toEqual(Array.from({ length: 6 }, () => 'foreign'));
    expect([...readSnapshot(tables).entries.keys()].sort()).toEqual(clean);
    expect(repair()).toEqual([]);
  });
});
