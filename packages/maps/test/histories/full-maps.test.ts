import { describe, expect, it } from 'vitest';
import type { ServiceMapName } from '../../src/catalog.ts';
import { restoreIds } from '../../src/ids/restore-ids.ts';
import { readSnapshot, type Snapshot } from '../../src/plan/snapshot.ts';
import { createWritten } from '../../src/plan/written.ts';
import type { Entry } from '../../src/project/entry.ts';
import { project } from '../../src/project/project.ts';
import type { MasterValue } from '../../src/project/service-entry.ts';
import { createMemoryTables, type Tables } from '../../src/tables/memory-tables.ts';
import type { AnyTable } from '../../src/tables/table.ts';
import type { Step } from './event.ts';
import { createIncrementalWriter } from './incremental-writer.ts';
import { runHistories, runsOf, showTally, timeFor } from './run-histories.ts';
import { createSession, newTally } from './session.ts';
import { keptEntries, tablesWith } from './state.ts';
import { createWorld, type Desired } from './world.ts';

type Entries = ReadonlyMap<string, Entry>;

const countByMap = (entries: Iterable<Entry>) => {
  const counts = new Map<ServiceMapName, number>();
  for (const { map } of entries) counts.set(map, (counts.get(map) ?? 0) + 1);
  return counts;
};

/** Maps that hold these entries, and have room for these or for those and for so many more, but not for both. */
function fullTables(have: Entries, wanted: Iterable<Entry>, spare: number): Tables {
  const [now, then] = [countByMap(have.values()), countByMap(wanted)];
  const sizes: Partial<Record<ServiceMapName, number>> = {};
  for (const map of new Set([...now.keys(), ...then.keys()]))
    sizes[map] = Math.max(now.get(map) ?? 0, then.get(map) ?? 0) + spare;
  const tables = createMemoryTables({ maxEntries: sizes });
  for (const { map, key, value } of have.values()) (tables[map] as AnyTable).set(key, value);
  return tables;
}

/**
 * Is a map full to the last entry of what may not go: what is wanted, and backends that are the last one of a frontend? Of
 * source ranges, what may go is another question.
 */
function isStuck({ entries }: Snapshot, tables: Tables, wanted: Entries, map: ServiceMapName): boolean {
  const held = [...entries].filter(([, entry]) => entry.map === map);
  if (held.length < tables[map].maxEntries) return false;
  if (map.endsWith('source_range')) return true;
  const lasts = new Set<number>();
  for (const { master, slots } of createWritten({ entries }).frontends.values()) {
    const counted = slots.backends().slice(0, (master?.value as MasterValue | undefined)?.count ?? 0);
    if (counted.length === 1) lasts.add(counted[0]!);
  }
  return held.every(([id, { key }]) => wanted.has(id) || ('backendId' in key && lasts.has(key.backendId)));
}

describe.each([0, 1])('a writer in maps that have %i entries to spare', (spare) => {
  it(
    'comes from one state to the next where there is room for either but not for both, and lookups stay right',
    () => {
      const tally = newTally();
      const through = { full: 0, stuck: 0 };
      runHistories(80, (history: readonly Step[]) => {
        tally.histories++;
        const world = createWorld();
        let before: Desired = world.happen([]);
        let entries: Entries = new Map();
        for (const [i, step] of history.entries()) {
          const desired = world.happen(step);
          const plain = tablesWith(entries.values());
          const found = readSnapshot(plain);
          const next = project([...desired.services.values()].flat(), desired.options, restoreIds(found));
          // What is refused stays as it is.
          const wanted = [...next.entries.values(), ...keptEntries(found, next)];
          const tables = fullTables(entries, wanted, spare);
          try {
            const session = createSession(tables, createIncrementalWriter, tally, { lateWildcards: true });
            session.want(before);
            session.write();
            const projection = session.want(desired);
            const { failures } = session.write();
            const after = readSnapshot(tables);
            const kept = keptEntries(found, projection);
            const stays = new Map([...projection.entries, ...readSnapshot(tablesWith(kept)).entries]);
            for (const { op, error } of failures) if (!isStuck(after, tables, stays, op.map)) throw error;
            if (failures.length === 0) session.settled(desired);
            else through.stuck++;
            const both = countByMap(new Map([...entries, ...stays]).values());
            if ([...both].some(([map, count]) => count > tables[map].maxEntries)) through.full++;
          } catch (error) {
            throw new Error(`step ${i + 1}: ${(error as Error).message}`, { cause: error });
          }
          const session = createSession(plain, createIncrementalWriter, newTally());
          session.want(desired);
          session.write();
          entries = readSnapshot(plain).entries;
          before = desired;
        }
      });
      showTally(expect.getState().currentTestName ?? '', { ...tally, ...through });
      expect(through.full).toBeGreaterThan(runsOf(80) / 4);
      expect(through.full).toBeGreaterThan(10 * through.stuck);
    },
    timeFor(300),
  );
});
