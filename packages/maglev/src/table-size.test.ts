import { expect, test } from 'vitest';
import { parseSeed } from './seed.ts';
import { assertTableSize, CILIUM_TABLE_SIZES, DEFAULT_TABLE_SIZE } from './table-size.ts';

test.each([2, 3, 65537, 16777213, DEFAULT_TABLE_SIZE, ...CILIUM_TABLE_SIZES])('%i is a size', (size) => {
  expect(() => assertTableSize(size)).not.toThrow();
});

test.each([
  [16384, /16384 is not prime; the nearest primes are 16381 and 16411$/],
  [9, /9 is not prime; the nearest primes are 7 and 11$/],
  [16777215, /nearest primes are 16777213$/],
  [1, /1: not a prime from 2 to 16777216; Cilium's sizes are 251, /],
  [16777259, /not a prime from 2 to/],
  [250.5, /not a prime from 2 to/],
  [Number.NaN, /not a prime from 2 to/],
])('%d is none', (size, message) => {
  expect(() => assertTableSize(size)).toThrow(
    expect.objectContaining({ code: 'LBX_MAGLEV_SIZE', message: expect.stringMatching(message) }),
  );
});

test('a seed is three big-endian words', () => {
  expect(parseSeed('JLfvgnHc2kaSUFaI')).toEqual({
    murmur: 0x24b7ef82,
    jhash4: 0x71dcda46,
    jhash6: 0x92505688,
  });
  expect(parseSeed('////////////////').jhash6).toBe(0xffffffff);
});

test.each(['', 'AAAA', 'JLfvgnHc2kaSUFaIAA==', 'JLfvgnHc2kaSUFa!', 'JLfvgnHc2kaSUFaI '])(
  '%j is no seed',
  (text) => {
    expect(() => parseSeed(text)).toThrow(expect.objectContaining({ code: 'LBX_MAGLEV_SEED' }));
  },
);
