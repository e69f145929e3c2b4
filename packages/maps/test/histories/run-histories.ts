import fc from 'fast-check';
import { eventText, histories, type Step } from './event.ts';

/** The same histories in every run; LBX_SEED=… gives others. */
const SEED = process.env.LBX_SEED === undefined ? 20_260_801 : Number(process.env.LBX_SEED);

/** LBX_RUNS=… gives so many times as many. */
const FACTOR = process.env.LBX_RUNS === undefined ? 1 : Number(process.env.LBX_RUNS);

/** How many histories a test goes through that asks for `count`. */
export const runsOf = (count: number) => Math.max(1, Math.round(count * FACTOR));

/** Time for a test: what it takes here and a lot more, as much again for each further run. */
export const timeFor = (seconds: number) => seconds * 1000 * Math.max(1, FACTOR);

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
  const result = fc.check(
    fc.property(histories, dice, (history, drawn) => check(history, drawn)),
    { seed: SEED, numRuns: runsOf(count) },
  );
  if (!result.failed) return;
  const [history, drawn] = result.counterexample!;
  const steps = history.map((step, i) => `step ${i + 1}: ${step.map(eventText).join('; ')}`);
  const cause = result.errorInstance;
  throw new Error(
    [
      `history ${result.numRuns} of LBX_SEED=${SEED}, made smaller ${result.numShrinks} times (dice ${drawn.join(', ')}):`,
      ...steps,
      cause instanceof Error ? cause.message : String(cause),
    ].join('\n'),
    { cause },
  );
}
