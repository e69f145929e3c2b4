import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { MaglevVectors } from './verify-maglev.ts';
import { verifyMaglev } from './verify-maglev.ts';

const vectors: MaglevVectors = JSON.parse(
  readFileSync(new URL('../../../vectors/cilium-maglev.json', import.meta.url), 'utf8'),
);

test("all of Cilium's tables and hashes", () => {
  expect(vectors.cases).toHaveLength(41);
  expect(vectors.murmur3).toHaveLength(24);
  expect(verifyMaglev(vectors)).toEqual({ passed: 65, failed: 0, firstDifferences: [] });
});

test('differences are told: slot, sha256, hash, length, set, size, seed', () => {
  const [one] = vectors.cases as [MaglevVectors['cases'][0]];
  const [hash] = vectors.murmur3 as [NonNullable<MaglevVectors['murmur3']>[0]];
  const changed = {
    sets: vectors.sets,
    cases: [
      { ...one, table: one.table!.with(7, 99) },
      { ...one, table: one.table!.slice(1) },
      { name: 'sum', seed: one.seed, m: one.m, set: one.set, sha256: 'ff' },
      { name: 'nothing', seed: one.seed, m: one.m, set: one.set },
      { ...one, name: 'set', set: 'none' },
      { ...one, name: 'size', m: 250 },
      { ...one, name: 'seed', seed: 'x' },
      one,
    ],
    murmur3: [{ ...hash, skip: 2 }],
  };
  const { passed, failed, firstDifferences } = verifyMaglev(changed);
  expect([passed, failed]).toEqual([1, 8]);
  expect(firstDifferences).toEqual([
    'murmur3 "" seed 0: skip is 1, expected 2',
    `${one.name}: slot 7 is ${one.table![7]}, expected 99`,
    `${one.name}: 251 slots, expected 250`,
    `sum: sha256 ${one.sha256}, expected ff`,
    'nothing: neither table nor sha256 to compare with',
    'set: there is no set none',
    'size: Maglev table size 250 is not prime; the nearest primes are 241 and 251',
    expect.stringContaining('seed: Maglev seed "x": not 12 bytes as base64'),
  ]);
});

test('only the first ten differences are listed', () => {
  const cases = Array.from({ length: 12 }, (_, i) => ({
    ...vectors.cases[0]!,
    name: `case ${i}`,
    set: 'none',
  }));
  const result = verifyMaglev({ sets: {}, cases });
  expect(result.failed).toBe(12);
  expect(result.firstDifferences).toHaveLength(10);
});

test.each([null, [], {}, { sets: {} }, { sets: {}, cases: [] }])('%j is refused', (json) => {
  expect(() => verifyMaglev(json)).toThrow(expect.objectContaining({ code: 'LBX_MAGLEV_VECTORS' }));
});
