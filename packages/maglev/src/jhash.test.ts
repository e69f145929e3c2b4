import { expect, test } from 'vitest';
import { final, JHASH_INITVAL, jhash3Words, mix } from './jhash.ts';

/** lookup3's hashlittle() over bytes, put together from the same mix and final. */
function hashBytes(bytes: Uint8Array, initval: number): number {
  const padded = new Uint8Array(Math.max(12, Math.ceil(bytes.length / 12) * 12));
  padded.set(bytes);
  const words = new Int32Array(padded.buffer);
  const state = new Int32Array(3).fill(JHASH_INITVAL + bytes.length + initval);
  if (bytes.length === 0) return state[2]! >>> 0;
  for (let at = 0; ; at += 3) {
    for (let i = 0; i < 3; i++) state[i]! += words[at + i]!;
    if (4 * (at + 3) >= bytes.length) return final(state);
    mix(state);
  }
}

// The results that lookup3.c states for itself (its driver5).
test.each([
  ['', 0, 0xdeadbeef],
  ['', 0xdeadbeef, 0xbd5b7dde],
  ['Four score and seven years ago', 0, 0x17770551],
  ['Four score and seven years ago', 1, 0xcd628161],
])('lookup3 of "%s" from %i', (text, initval, expected) => {
  expect(hashBytes(new TextEncoder().encode(text), initval)).toBe(expected);
});

test('three words are the twelve bytes that hold them', () => {
  const words = Uint32Array.of(0x057100cb, 0x5000409c, 6);
  expect(jhash3Words(words[0]!, words[1]!, words[2]!, 0x71dcda46)).toBe(
    hashBytes(new Uint8Array(words.buffer), 0x71dcda46),
  );
});
