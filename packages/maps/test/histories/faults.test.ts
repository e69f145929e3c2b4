import { describe, expect, it } from 'vitest';
import { readSnapshot } from '../../src/plan/snapshot.ts';
import { createMemoryTables, type Tables } from '../../src/tables/memory-tables.ts';
import type { TableErrorCode } from '../../src/tables/table-error.ts';
import type { Step } from './event.ts';
import { createIncrementalWriter } from './incremental-writer.ts';
import { runHistories, runsOf, showTally, timeFor } from './run-histories.ts';
import { createSession, type MakeWriter, newTally, type Session } from './session.ts';
import { type tablesWith, unwritten } from './state.ts';
import { createWorld, type Desired } from './world.ts';
import { createSnapshotWriter } from './writer.ts';

const codes = ['E2BIG', 'ENOMEM', 'EPERM', 'EBUSY'] as const;

/** Tables whose writes fail as `refuses` says, by the number of the write since it was set. */
function faultyTables(
  entries: Iterable<Parameters<typeof tablesWith>[0] extends Iterable<infer E> ? E : never> = [],
) {
  const fault: { count: number; hits: number; refuses: (write: number) => TableErrorCode | undefined } = {
    count: 0,
    hits: 0,
    refuses: () => undefined,
  };
  const tables = createMemoryTables({
    failOn: ({ operation }) => {
      const code = operation === 'get' ? undefined : fault.refuses(++fault.count);
      if (code !== undefined) fault.hits++;
      return code;
    },
  });
  for (const { map, key, value } of entries)
    (tables[map] as { set(k: unknown, v: unknown): void }).set(key, value);
  return {
    tables,
    /** How many writes failed in the last `during`, whether or not somebody tried again and made up for it. */
    get hits() {
      return fault.hits;
    },
    during<T>(refuses: (write: number) => TableErrorCode | undefined, act: () => T): T {
      Object.assign(fault, { count: 0, hits: 0, refuses });
      try {
        return act();
      } finally {
        fault.refuses = () => undefined;
      }
    },
  };
}

type Faulty = ReturnType<typeof faultyTables>;

/** Some writes fail; whoever is not concerned is done, and a second try without faults ends as a clean run would. */
function stepWithFaults(
  session: Session,
  faulty: Faulty,
  desired: Desired,
  refuses: (write: number) => TableErrorCode | undefined,
) {
  const { tables, during } = faulty;
  const projection = session.want(desired);
  const { failures, pending } = during(refuses, () => session.write());
  for (const name of unwritten(readSnapshot(tables), projection, pending))
    throw new Error(`${name} is not written, though nothing of it failed`);
  if (failures.length > 0) {
    // Those that failed wait; what was held back for other reasons is done.
    const others = session.write(undefined, pending);
    if (others.failures.length > 0) throw others.failures[0]!.error;
    const again = session.write();
    if (again.failures.length > 0) throw again.failures[0]!.error;
  }
  session.settled(desired);
  return faulty.hits;
}

describe('a writer whose writes fail', () => {
  it.each<[string, MakeWriter, number]>([
    ['incremental', createIncrementalWriter, 50],
    ['snapshot', createSnapshotWriter, 15],
  ])(
    'keeps lookups right, serves all others and mends it, whichever single write fails (%s)',
    (_, make, count) => {
      const tally = newTally();
      runHistories(count, (history) => {
        tally.histories++;
        const world = createWorld();
        let before: Tables = createMemoryTables();
        for (const [i, step] of history.entries()) {
          const desired = world.happen(step);
          const entries = [...readSnapshot(before).entries.values()];
          for (let write = 1; ; write++) {
            const faulty = faultyTables(entries);
            const session = createSession(faulty.tables, make, tally, { lateWildcards: true });
            const code = codes[(i + write) % codes.length]!;
            try {
              const failed = stepWithFaults(session, faulty, desired, (n) =>
                n === write ? code : undefined,
              );
              tally.faults += failed;
              before = faulty.tables;
              if (failed === 0) break;
            } catch (error) {
              throw new Error(
                `step ${i + 1}, write ${write} fails with ${code}: ${(error as Error).message}`,
                { cause: error },
              );
            }
          }
        }
      });
      showTally(expect.getState().currentTestName ?? '', tally);
      expect(tally.faults).toBeGreaterThan(10 * runsOf(count));
    },
    timeFor(400),
  );

  it(
    'does so with many faults, one after the other, and ids kept',
    () => {
      const tally = newTally();
      runHistories(1500, (history: readonly Step[], dice) => {
        tally.histories++;
        const world = createWorld();
        const faulty = faultyTables();
        const session = createSession(faulty.tables, createIncrementalWriter, tally, { lateWildcards: true });
        for (const [i, step] of history.entries()) {
          const desired = world.happen(step);
          const first = Math.floor(40 * dice[i % dice.length]!);
          const every = 2 + Math.floor(20 * dice[(i + 1) % dice.length]!);
          const refuses = (n: number) =>
            n >= first && (n - first) % every === 0 ? codes[n % codes.length] : undefined;
          try {
            tally.faults += stepWithFaults(session, faulty, desired, refuses);
          } catch (error) {
            throw new Error(
              `step ${i + 1}, writes ${first}, ${first + every}, … fail: ${(error as Error).message}`,
              { cause: error },
            );
          }
        }
      });
      showTally(expect.getState().currentTestName ?? '', tally);
      expect(tally.faults).toBeGreaterThan(runsOf(1500));
    },
    timeFor(400),
  );
});
