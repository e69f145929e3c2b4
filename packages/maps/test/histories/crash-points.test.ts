import { describe, expect, it } from 'vitest';
import { createMemoryTables } from '../../src/tables/memory-tables.ts';
import type { Step } from './event.ts';
import { createIncrementalWriter } from './incremental-writer.ts';
import { runHistories, runsOf, showTally, timeFor } from './run-histories.ts';
import { createSession, newTally } from './session.ts';
import { createWorld } from './world.ts';

describe('a writer that may stop after any single write', () => {
  it(
    'leaves every lookup an old or a new backend, and in the end what a clean run leaves',
    () => {
      const tally = newTally();
      runHistories(5000, (history: readonly Step[]) => {
        tally.histories++;
        const world = createWorld();
        const session = createSession(createMemoryTables(), createIncrementalWriter, tally);
        for (const [i, step] of history.entries()) {
          const desired = world.happen(step);
          try {
            session.want(desired);
            const { failures } = session.write();
            if (failures.length > 0) throw failures[0]!.error;
            session.settled(desired);
          } catch (error) {
            throw new Error(`step ${i + 1}: ${(error as Error).message}`, { cause: error });
          }
        }
      });
      showTally(expect.getState().currentTestName ?? '', tally);
      expect(tally.histories).toBeGreaterThanOrEqual(runsOf(5000));
      expect(tally.writes).toBeGreaterThan(20 * tally.histories);
    },
    timeFor(400),
  );
});
