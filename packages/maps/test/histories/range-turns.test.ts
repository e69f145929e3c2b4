import { expect, it } from 'vitest';
import { createMemoryTables, type Tables } from '../../src/tables/memory-tables.ts';
import { clientRanges, type Event, type Step } from './event.ts';
import { createIncrementalWriter } from './incremental-writer.ts';
import { createSession, newTally } from './session.ts';
import { copyTables } from './state.ts';
import { createWorld, type Desired } from './world.ts';

// Every rule about clients after every other one, stopped after each write and then finished or taken back. Random
// histories hold few of these.

const [wide, narrow, other] = clientRanges;
const subsets = [[], [wide], [narrow], [other], [wide, other], [wide, narrow]];
const rules: readonly Event[] = subsets.flatMap((ranges) =>
  [false, true].map((deny): Event => ({ kind: 'ranges', service: 0, ranges, deny })),
);
const place: Event = { kind: 'places', service: 0, places: [0] };
const wanted = (...step: Step): Desired => createWorld().happen([place, ...step]);

it('clients are judged by the old or the new source ranges after each write, also when a turn is interrupted and taken back', () => {
  const tally = newTally();
  const goOn = (found: Tables, desired: Desired) => {
    const session = createSession(copyTables(found), createIncrementalWriter, tally);
    session.want(desired);
    session.write();
    session.settled(desired);
    tally.restarts++;
  };
  for (const before of rules.map((rule) => wanted(rule))) {
    for (const after of rules.map((rule) => wanted(rule))) {
      const tables = createMemoryTables();
      const session = createSession(tables, createIncrementalWriter, tally);
      session.want(before);
      session.write();
      session.want(after);
      session.write(() => {
        goOn(tables, before);
        goOn(tables, after);
      });
      session.settled(after);
    }
  }
  expect(tally.restarts).toBeGreaterThan(rules.length ** 2);
});
