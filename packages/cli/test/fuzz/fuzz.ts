import { randomRuns } from '@lbx/testing';
import fc from 'fast-check';
import { expect } from 'vitest';

/** The same cases in every run; LBX_SEED=… gives others. */
const seed = process.env.LBX_SEED === undefined ? 20_260_801 : Number(process.env.LBX_SEED);
/** Processor time far above what any case takes, and far below what a loop without end would. */
const maxMs = 5_000;

/** Time for a test. */
export const fuzzMs = 120_000 * Math.max(1, randomRuns);

/**
 * Tries `check` with 20,000 values in CI (LBX_RUNS=50 makes a million of them). It is to throw only for what must not be, and to come back soon; the least value that
 * does not hold is in the error, with the seed.
 */
export function fuzz<T>(arbitrary: fc.Arbitrary<T>, check: (value: T) => void, runs = 20_000): void {
  const property = fc.property(arbitrary, (value) => {
    const start = process.cpuUsage();
    check(value);
    expect(process.cpuUsage(start).user / 1000, 'milliseconds').toBeLessThan(maxMs);
  });
  for (const piece of pieces(runs)) fc.assert(property, piece);
}

/** The same for what takes turns of the event loop. */
export async function fuzzAsync<T>(
  arbitrary: fc.Arbitrary<T>,
  check: (value: T) => Promise<void>,
  runs = 20_000,
): Promise<void> {
  const property = fc.asyncProperty(arbitrary, check);
  for (const piece of pieces(runs)) await fc.assert(property, piece);
}

/** Each run of fast-check keeps what it tried: in pieces, so that millions fit into memory. */
function* pieces(runs: number): Generator<{ seed: number; numRuns: number }> {
  const numRuns = Math.round(runs * randomRuns);
  for (let done = 0, piece = 0; done < numRuns; done += 20_000, piece++)
    yield { seed: seed + piece, numRuns: Math.min(20_000, numRuns - done) };
  if (process.env.LBX_RUNS !== undefined) console.log(`${numRuns} cases from LBX_SEED=${seed} on`);
}

/** Does it, or throws an error of ours. @returns undefined if it was refused. */
export function orRefuse<T>(act: () => T, codes: RegExp = /^LBX_/): T | undefined {
  try {
    return act();
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: string };
    if (typeof code !== 'string' || !codes.test(code)) throw error;
    // What goes into a log is short, whatever came in.
    expect(message?.length ?? 0, 'length of the message').toBeLessThan(10_000);
    return undefined;
  }
}

/** Words that break readers: of JavaScript, of terminals, of numbers. */
export const nastyText = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '\u001b[2J',
    '\u0000',
    '..',
    '../../x',
    '\ufeff',
  ),
  fc.constantFrom('0', '-1', '65536', '1e9', '0x50', '999999999999999999999', 'NaN', ''),
  fc.string({ unit: 'binary', maxLength: 12 }),
);

/** Values of any type, those of JSON among them. */
export const nastyValue: fc.Arbitrary<unknown> = fc.oneof(
  nastyText,
  fc.constantFrom(null, true, false, 0, -1, 1.5, 65_536, 2 ** 31, 2 ** 53, Number.NaN, [], {}, [[]]),
  fc.jsonValue({ maxDepth: 3 }),
  fc.constant(
    JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}'),
  ),
);

/** A change of a text: a piece taken out, doubled, moved or replaced. */
const edit = fc.record({
  at: fc.nat(),
  length: fc.oneof(fc.nat(3), fc.nat(80)),
  put: fc.oneof(
    nastyText,
    fc.constantFrom('{', '}', '[', ']', '"', ':', '- ', '&a ', '*a', '!!', '|', '\n', '\t', ',', '\\', '? '),
  ),
  times: fc.constantFrom(1, 1, 1, 2, 50),
});

/** Texts that are nearly one of these. */
export function mutated(texts: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.nat(texts.length - 1), fc.array(edit, { minLength: 0, maxLength: 4 }))
    .map(([which, edits]) =>
      edits.reduce((text, { at, length, put, times }) => {
        const from = at % (text.length + 1);
        return text.slice(0, from) + put.repeat(times) + text.slice(from + length);
      }, texts[which]!),
    );
}

/** Bytes of nearly one of these texts in parts of any size, with some of them broken: no UTF-8 any more. */
export const parts = (texts: readonly string[]): fc.Arbitrary<Uint8Array[]> =>
  fc
    .tuple(
      mutated(texts),
      fc.array(fc.nat(), { maxLength: 6 }),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0x80, max: 0xff })), { maxLength: 2 }),
    )
    .map(([text, cuts, spoilt]) => {
      const bytes = Buffer.from(text);
      for (const [at, byte] of spoilt) if (bytes.length > 0) bytes[at % bytes.length] = byte;
      const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
      return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
    });

/** Nothing that came in has changed what every object has. */
export function expectNoPollution(): void {
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
}
