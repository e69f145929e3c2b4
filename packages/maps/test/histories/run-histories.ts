import { randomRuns } from '@lbx/testing';
import fc from 'fast-check';
import { eventText, histories, type Step } from './event.ts';

/** The same histories in every run; LBX_SEED=… gives others. */
const SEED = process.env.LBX_SEED === undefined ? 20_260_801 : Number(process.env.LBX_SEED);

/** How many histories a test goes through that asks for `count`. */
export const runsOf = (count: number) => Math.max(1, Math.round(count * randomRuns));

/** Time for a test: what it takes here and a lot more, as much again for each further run. */
export const timeFor = (seconds: number) => seconds * 1000 * Math.max(1, randomRuns);

/**
 * Runs `check` on random histories, and on smaller ones when it throws; then throws an error with the smallest one found,
 * step by step. `dice` are numbers from 0 to 1 that are drawn for the history.
 */
export function runHistories(
  count: number,
  check: (history: readonly Step[], dice: readonly number[]) => void,
): void {
  const die = fc.noBias(fc.nat({ max: 999 })).map((n) => n / 1000);
  const dice = fc.array(die, { minLength: 4, maxLength: 4 });
  checkProperty(
    count,
    fc.tuple(histories, dice),
    ([history, drawn]) => check(history, drawn),
    ([history, drawn]) => [
      ...history.map((step, i) => `step ${i + 1}: ${step.map(eventText).join('; ')}`),
      `dice ${drawn.join(', ')}`,
    ],
  );
}

/** The same for values of any kind, which `show` puts into lines. */
export function checkProperty<T>(
  count: number,
  arbitrary: fc.Arbitrary<T>,
  check: (value: T) => void,
  show: (value: T) => readonly string[] = (value) => [JSON.stringify(value)],
): void {
  const property = fc.property(arbitrary, (value) => check(value));
  const result = fc.check(property, { seed: SEED, numRuns: runsOf(count) });
  if (!result.failed) return;
  const cause = result.errorInstance;
  const lines = [
    `case ${result.numRuns} of LBX_SEED=${SEED}, made smaller ${result.numShrinks} times:`,
    ...show(result.counterexample![0]),
    cause instanceof Error ? cause.message : String(cause),
  ];
  throw new Error(lines.join('\n'), { cause });
}

/** What a test went through: shown when somebody asked for more or less than usual. */
export function showTally(name: string, tally: object): void {
  if (process.env.LBX_RUNS !== undefined) console.log(name, tally);
}
