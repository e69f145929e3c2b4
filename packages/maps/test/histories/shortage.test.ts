import { describe, expect, it } from 'vitest';
import { createMemoryTables } from '../../src/tables/memory-tables.ts';
import type { Step } from './event.ts';
import { createIncrementalWriter } from './incremental-writer.ts';
import { runHistories, runsOf, showTally, timeFor } from './run-histories.ts';
import { createSession, newTally } from './session.ts';
import { createWorld, type Desired } from './world.ts';

/** Services are taken away, the last one first, until all of what is left fits. */
function* fewerAndFewer({ services, options }: Desired): IterableIterator<Desired> {
  const { maxEntries: _, ...rest } = options;
  const names = [...services.keys()];
  for (let left = names.length; left >= 0; left--)
    yield { services: new Map([...services].slice(0, left)), options: rest };
}

describe('a writer for which there is too little', () => {
  it(
    'of room in the maps, which only the maps know: lookups stay right, and what fits is written once there is room',
    () => {
      const tally = newTally();
      runHistories(800, (history: readonly Step[], dice) => {
        tally.histories++;
        const world = createWorld();
        const size = (die: number) => 3 + Math.floor(30 * die);
        const tables = createMemoryTables({
          maxEntries: {
            lb4_services_v2: size(dice[0]!),
            lb4_backends_v3: size(dice[1]!),
            lb_affinity_match: size(dice[2]!),
            lb4_maglev: size(dice[3]!),
            lb4_source_range: 4,
          },
        });
        const session = createSession(tables, createIncrementalWriter, tally, { lateWildcards: true });
        for (const [i, step] of history.entries()) {
          const { options, services } = world.happen(step);
          const { maxEntries: _, ...free } = options;
          try {
            session.want({ services, options: free });
            tally.faults += session.write().failures.length;
          } catch (error) {
            throw new Error(`step ${i + 1}: ${(error as Error).message}`, { cause: error });
          }
        }
        for (const desired of fewerAndFewer(world.happen([]))) {
          session.want(desired);
          if (session.write().failures.length > 0) continue;
          session.settled(desired);
        }
      });
      showTally(expect.getState().currentTestName ?? '', tally);
      expect(tally.faults).toBeGreaterThan(runsOf(800));
    },
    timeFor(300),
  );

  it.each([false, true])(
    'of ids: none is given twice or too early, and all is written once quarantines are over (reuse %s)',
    (reuse) => {
      const tally = newTally();
      let exhausted = 0;
      runHistories(500, (history: readonly Step[], dice) => {
        tally.histories++;
        let now = 0;
        const ids = {
          maxFrontendId: 4 + Math.floor(12 * dice[0]!),
          maxBackendId: 3 + Math.floor(10 * dice[1]!),
          quarantineSeconds: 100,
          reuse,
          now: () => now * 1000,
        };
        const world = createWorld();
        const session = createSession(createMemoryTables(), createIncrementalWriter, tally, { ids });
        const freed = new Map<string, { readonly id: number; readonly at: number; readonly kind: string }>();
        let before = new Map<string, number>();
        const heldIds = () =>
          new Map(
            (['frontends', 'backends'] as const).flatMap((kind) =>
              [...session.writer.ids[kind].entries()].map(([name, id]): [string, number] => [
                `${kind} ${name}`,
                id,
              ]),
            ),
          );
        for (const [i, step] of history.entries()) {
          const desired = world.happen(step);
          try {
            const { refused } = session.want(desired);
            exhausted += refused.filter(({ error }) => error.code === 'LBX_IDS_EXHAUSTED').length;
            session.write();
            session.settled(desired);
            const held = heldIds();
            for (const [name, id] of held) {
              for (const [other, { id: old, at, kind }] of freed)
                if (!reuse && old === id && other !== name && name.startsWith(kind) && now - at < 100)
                  throw new Error(`id ${id} of ${other} was freed ${now - at} s ago and is ${name} now`);
              freed.delete(name);
            }
            for (const [name, id] of before)
              if (!held.has(name)) freed.set(name, { id, at: now, kind: name.split(' ')[0]! });
            before = held;
          } catch (error) {
            throw new Error(`step ${i + 1}: ${(error as Error).message}`, { cause: error });
          }
          now += Math.floor(80 * dice[i % dice.length]!);
        }
        now += 1000;
        const desired = world.happen([{ kind: 'room', entries: undefined }]);
        for (const fewer of fewerAndFewer(desired)) {
          session.want(fewer);
          session.write();
          session.settled(fewer);
          now += 1000;
        }
        if (heldIds().size > 0) throw new Error('ids are in use though nothing is wanted');
      });
      showTally(expect.getState().currentTestName ?? '', { ...tally, exhausted });
      expect(exhausted).toBeGreaterThan(runsOf(500));
    },
    timeFor(300),
  );
});
