/**
 * The hash of the Linux kernel's include/linux/jhash.h (Bob Jenkins' lookup3, public domain) on words. State is three
 * int32 words in an Int32Array.
 */

export const JHASH_INITVAL = 0xdeadbeef;

function rotateLeft(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

/** `__jhash_mix`. */
export function mix(state: Int32Array): void {
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  a = ((a - c) | 0) ^ rotateLeft(c, 4);
  c = (c + b) | 0;
  b = ((b - a) | 0) ^ rotateLeft(a, 6);
  a = (a + c) | 0;
  c = ((c - b) | 0) ^ rotateLeft(b, 8);
  b = (b + a) | 0;
  a = ((a - c) | 0) ^ rotateLeft(c, 16);
  c = (c + b) | 0;
  b = ((b - a) | 0) ^ rotateLeft(a, 19);
  a = (a + c) | 0;
  c = ((c - b) | 0) ^ rotateLeft(b, 4);
  b = (b + a) | 0;
  state[0] = a;
  state[1] = b;
  state[2] = c;
}

/** `__jhash_final`; returns its result `c`, unsigned. */
export function final(state: Int32Array): number {
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  c = ((c ^ b) - rotateLeft(b, 14)) | 0;
  a = ((a ^ c) - rotateLeft(c, 11)) | 0;
  b = ((b ^ a) - rotateLeft(a, 25)) | 0;
  c = ((c ^ b) - rotateLeft(b, 16)) | 0;
  a = ((a ^ c) - rotateLeft(c, 4)) | 0;
  b = ((b ^ a) - rotateLeft(a, 14)) | 0;
  c = ((c ^ b) - rotateLeft(b, 24)) | 0;
  state[0] = a;
  state[1] = b;
  state[2] = c;
  return c >>> 0;
}

/** `jhash_3words(a, b, c, initval)`, unsigned. */
export function jhash3Words(a: number, b: number, c: number, initval: number): number {
  const start = (initval + JHASH_INITVAL + (3 << 2)) | 0;
  return final(Int32Array.of(a + start, b + start, c + start));
}
