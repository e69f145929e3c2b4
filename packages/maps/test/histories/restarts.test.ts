import { describe, expect, it } from 'vitest';
import { readSnapshot } from '../../src/plan/snapshot.ts';
import { entryId } from '../../src/project/entry.ts';
import { createMemoryTables, type Tables } from '../../src/tables/memory-tables.ts';
import type { Step } from './event.ts';
import { createIncrementalWriter } from './incremental-writer.ts';
import { runHistories, runsOf, showTally, timeFor } from './run-histories.ts';
import { createSession, type MakeWriter, newTally, type Tally } from './session.ts';
import { copyTables } from './state.ts';
import { createWorld, type Desired } from './world.ts';
import { createSnapshotWriter } from './writer.ts';

/** The writer is killed: nothing after this write is done, nothing that it knew is left but the maps. */
class Killed extends Error {}

/** A new process finds the maps and finishes, watched at every write. Ids of what is in the maps must stay. */
function restart(found: Tables, desired: Desired, make: MakeWriter, tally: Tally): Tables {
  tally.restarts++;
  const tables = copyTables(found);
  const before = readSnapshot(tables);
  const session = createSession(tables, make, tally);
  const projection = session.want(desired);
  session.write();
  session.settled(desired);
  for (const { name, master, revNatId } of projection.frontends.values()) {
    const had = before.entries.get(entryId(master.map, master.key));
    if (had !== undefined && (had.value as { revNatIndex: number }).revNatIndex !== revNatId)
      throw new Error(`${name} got another id in a restart`);
  }
  return tables;
}

function run(
  history: readonly Step[],
  tally: Tally,
  make: MakeWriter,
  at: (step: number, write: number) => boolean,
) {
  tally.histories++;
  const world = createWorld();
  const tables = createMemoryTables();
  const session = createSession(tables, make, tally);
  for (const [i, step] of history.entries()) {
    const desired = world.happen(step);
    session.want(desired);
    session.write((write) => {
      if (!at(i, write)) return;
      try {
        restart(tables, desired, make, tally);
      } catch (error) {
        throw new Error(`step ${i + 1}, killed after write ${write}: ${(error as Error).message}`, {
          cause: error,
        });
      }
    });
    session.settled(desired);
  }
}

describe('a writer that is killed and started again', () => {
  it.each<[string, MakeWriter, number]>([
    ['incremental', createIncrementalWriter, 50],
    ['snapshot', createSnapshotWriter, 15],
  ])(
    'finishes from every single write (%s)',
    (_, make, count) => {
      const tally = newTally();
      runHistories(count, (history) => run(history, tally, make, () => true));
      showTally(expect.getState().currentTestName ?? '', tally);
      expect(tally.restarts).toBeGreaterThan(10 * runsOf(count));
    },
    timeFor(400),
  );

  it(
    'goes on after being killed at any write, and again',
    () => {
      const tally = newTally();
      runHistories(1500, (history, dice) => {
        tally.histories++;
        const world = createWorld();
        let tables = createMemoryTables();
        let session = createSession(tables, createIncrementalWriter, tally);
        for (const [i, step] of history.entries()) {
          const desired = world.happen(step);
          session.want(desired);
          const last = Math.floor(40 * dice[i % dice.length]!);
          try {
            session.write((write) => {
              if (write === last) throw new Killed();
            });
          } catch (error) {
            if (!(error instanceof Killed)) throw error;
            // What was wanted last is never finished: the next process begins with something else.
            tally.restarts++;
            tables = copyTables(tables);
            session = createSession(tables, createIncrementalWriter, tally);
            continue;
          }
          session.settled(desired);
        }
        const desired = world.happen([]);
        session.want(desired);
        session.write();
        session.settled(desired);
      });
      showTally(expect.getState().currentTestName ?? '', tally);
      expect(tally.restarts).toBeGreaterThan(runsOf(1500) / 4);
    },
    timeFor(400),
  );
});
