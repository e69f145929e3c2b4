import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createSweeper, type Sweep, type Sweeps } from './sweeper.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Sweeps of three steps each that say what they do. */
function sweepsOf(log: string[], ...names: string[]): Sweeps {
  const sweep = (name: string): Sweep => ({
    name,
    *round() {
      for (let i = 1; i <= 3; i++) {
        log.push(`${name} ${i}`);
        if (name === 'broken') throw new Error('no such program');
        yield { used: 10, freed: i };
      }
    },
  });
  return { all: names.map(sweep), close: () => log.push('close') };
}

it('opens with the first round, and goes through all tables step by step', () => {
  const log: string[] = [];
  const sweeper = createSweeper(
    () => sweepsOf(log, 'a', 'b'),
    30,
    () => {},
  );
  vi.advanceTimersByTime(29_999);
  expect(log).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(log).toEqual(['a 1']);
  vi.advanceTimersByTime(1000);
  expect(log).toEqual(['a 1', 'a 2', 'a 3', 'b 1', 'b 2', 'b 3']);
  expect(sweeper.counts).toEqual({ a: { used: 30, freed: 6 }, b: { used: 30, freed: 6 } });
  vi.advanceTimersByTime(30_000);
  expect(log).toHaveLength(12);
  expect(sweeper.counts.a).toEqual({ used: 30, freed: 12 });
  sweeper.close();
  vi.advanceTimersByTime(90_000);
  expect(log.slice(12)).toEqual(['close']);
});

it('tells the first failure, and goes on with the next table and round', () => {
  const log: string[] = [];
  const problems: string[] = [];
  const sweeper = createSweeper(
    () => sweepsOf(log, 'broken', 'b'),
    30,
    (problem) => problems.push(problem),
  );
  vi.advanceTimersByTime(70_000);
  expect(log).toEqual(['broken 1', 'b 1', 'b 2', 'b 3', 'broken 1', 'b 1', 'b 2', 'b 3']);
  expect(problems).toEqual(['giving back memory of flows failed: no such program']);
  sweeper.close();
});

it('tries to open again in the next round', () => {
  const log: string[] = [];
  let attempts = 0;
  const sweeper = createSweeper(
    () => {
      if (attempts++ === 0) throw new Error('not yet');
      return sweepsOf(log, 'a');
    },
    30,
    () => {},
  );
  vi.advanceTimersByTime(61_000);
  expect(log).toEqual(['a 1', 'a 2', 'a 3']);
  sweeper.close();
});
