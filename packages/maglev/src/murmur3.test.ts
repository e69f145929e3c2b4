import fc from 'fast-check';
import { expect, test } from 'vitest';
import { modulo64, murmur3_128 } from './murmur3.ts';

const MASK = (1n << 64n) - 1n;
const rotate = (x: bigint, bits: bigint) => ((x << bits) | (x >> (64n - bits))) & MASK;

/** The published algorithm, in BigInt. */
function slowMurmur3(bytes: Uint8Array, seed: number): [bigint, bigint] {
  const [c1, c2] = [0x87c37b91114253d5n, 0x4cf5ad432745937fn];
  const first = (k: bigint) => (rotate((k * c1) & MASK, 31n) * c2) & MASK;
  const second = (k: bigint) => (rotate((k * c2) & MASK, 33n) * c1) & MASK;
  const load = (at: number) => {
    let k = 0n;
    for (let i = Math.min(at + 8, bytes.length) - 1; i >= at; i--) k = (k << 8n) | BigInt(bytes[i]!);
    return k;
  };
  let [h1, h2] = [BigInt(seed), BigInt(seed)];
  let at = 0;
  for (; at + 16 <= bytes.length; at += 16) {
    h1 = ((rotate(h1 ^ first(load(at)), 27n) + h2) * 5n + 0x52dce729n) & MASK;
    h2 = ((rotate(h2 ^ second(load(at + 8)), 31n) + h1) * 5n + 0x38495ab5n) & MASK;
  }
  h1 ^= first(load(at)) ^ BigInt(bytes.length);
  h2 ^= second(load(at + 8)) ^ BigInt(bytes.length);
  h1 = (h1 + h2) & MASK;
  h2 = (h1 + h2) & MASK;
  const finish = (k: bigint) => {
    k = ((k ^ (k >> 33n)) * 0xff51afd7ed558ccdn) & MASK;
    k = ((k ^ (k >> 33n)) * 0xc4ceb9fe1a85ec53n) & MASK;
    return k ^ (k >> 33n);
  };
  [h1, h2] = [finish(h1), finish(h2)];
  h1 = (h1 + h2) & MASK;
  return [h1, (h1 + h2) & MASK];
}

const someText = fc.oneof(
  fc.string({ maxLength: 80 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ minLength: 500, maxLength: 530 }),
);
const someSeed = fc.nat(0xffff_ffff);
const join = (low: number, high: number) => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

test('is the published algorithm over UTF-8, also right after a longer text', () => {
  const out = new Int32Array(4);
  fc.assert(
    fc.property(someText, someSeed, (text, seed) => {
      murmur3_128(text, seed, out);
      expect([join(out[0]!, out[1]!), join(out[2]!, out[3]!)]).toEqual(
        slowMurmur3(new TextEncoder().encode(text), seed),
      );
    }),
    { numRuns: 300 },
  );
});

test('64-bit modulo is exact', () => {
  const u32 = fc.oneof(fc.nat(0xffff_ffff), fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff));
  const size = fc.oneof(
    fc.constantFrom(1, 2, 16381, 65521, 131071, 16777213, 16777216),
    fc.integer({ min: 1, max: 2 ** 24 }),
  );
  fc.assert(
    fc.property(u32, u32, size, (low, high, m) => {
      expect(modulo64(low | 0, high | 0, m)).toBe(Number(join(low, high) % BigInt(m)));
    }),
    { numRuns: 2000 },
  );
});
