/**
 * MurmurHash3_x64_128 of Austin Appleby (public domain), without BigInt and without allocation: a 64-bit number is
 * two int32 halves.
 */

/** A hash: h1 low, h1 high, h2 low, h2 high. */
export type Murmur3 = Int32Array;

const C1L = 0x114253d5;
const C1H = 0x87c37b91 | 0;
const C2L = 0x2745937f;
const C2H = 0x4cf5ad43;

const BLOCK = 16;
const encoder = new TextEncoder();
/** Where names are encoded: those of backends have some 40 characters. */
const scratch = new Uint8Array(512 + BLOCK);
const room = scratch.subarray(0, -BLOCK);

/** Hashes the UTF-8 bytes of a string into `out` (4 halves). */
export function murmur3_128(input: string, seed: number, out: Murmur3): void {
  const { read, written } = encoder.encodeInto(input, room);
  if (read === input.length) {
    // A block of zeros after the end, see below.
    for (let i = written; i < written + BLOCK; i++) scratch[i] = 0;
    hashBytes(scratch, written, seed | 0, out);
  } else {
    const all = encoder.encode(input);
    const padded = new Uint8Array(all.length + BLOCK);
    padded.set(all);
    hashBytes(padded, all.length, seed | 0, out);
  }
}

/**
 * Every 64-bit variable of the algorithm is a pair of local int32 variables: `L` its low half, `H` its high one. The
 * bytes must be followed by a block of zeros.
 */
function hashBytes(bytes: Uint8Array, length: number, seed: number, out: Murmur3): void {
  let h1L = seed;
  let h1H = 0;
  let h2L = seed;
  let h2H = 0;
  for (let at = 0; at < length; at += BLOCK) {
    // Of an incomplete last block only the key words are mixed in; zeros in them change nothing.
    const isWhole = at + BLOCK <= length;
    // The first half.
    let kL = word(bytes, at);
    let kH = word(bytes, at + 4);
    let t = multiplyHigh(kL, C1L, kH, C1H);
    kL = Math.imul(kL, C1L);
    kH = (t << 31) | (kL >>> 1);
    kL = (kL << 31) | (t >>> 1);
    t = multiplyHigh(kL, C2L, kH, C2H);
    h1L ^= Math.imul(kL, C2L);
    h1H ^= t;
    if (isWhole) {
      // h1 = rotate(h1, 27) + h2
      t = (h1H << 27) | (h1L >>> 5);
      h1L = (h1L << 27) | (h1H >>> 5);
      h1H = t;
      t = (h1L + h2L) | 0;
      h1H = (h1H + h2H + carry(t, h2L)) | 0;
      // h1 = h1 * 5 + 0x52dce729
      h1H = multiplyHigh(t, 5, h1H, 0);
      h1L = (Math.imul(t, 5) + 0x52dce729) | 0;
      h1H = (h1H + carry(h1L, 0x52dce729)) | 0;
    }
    // The second half.
    kL = word(bytes, at + 8);
    kH = word(bytes, at + 12);
    t = multiplyHigh(kL, C2L, kH, C2H);
    kL = Math.imul(kL, C2L);
    // Rotated by 33: the halves change places, then by 1.
    kH = (kL << 1) | (t >>> 31);
    kL = (t << 1) | (kL >>> 31);
    t = multiplyHigh(kL, C1L, kH, C1H);
    h2L ^= Math.imul(kL, C1L);
    h2H ^= t;
    if (isWhole) {
      // h2 = rotate(h2, 31) + h1
      t = (h2H << 31) | (h2L >>> 1);
      h2L = (h2L << 31) | (h2H >>> 1);
      h2H = t;
      t = (h2L + h1L) | 0;
      h2H = (h2H + h1H + carry(t, h1L)) | 0;
      // h2 = h2 * 5 + 0x38495ab5
      h2H = multiplyHigh(t, 5, h2H, 0);
      h2L = (Math.imul(t, 5) + 0x38495ab5) | 0;
      h2H = (h2H + carry(h2L, 0x38495ab5)) | 0;
    }
  }
  h1L ^= length;
  h2L ^= length;
  h1L = (h1L + h2L) | 0;
  h1H = (h1H + h2H + carry(h1L, h2L)) | 0;
  h2L = (h2L + h1L) | 0;
  h2H = (h2H + h1H + carry(h2L, h1L)) | 0;
  out[0] = h1L;
  out[1] = h1H;
  out[2] = h2L;
  out[3] = h2H;
  finish(out, 0);
  finish(out, 2);
  h1L = (out[0] + out[2]) | 0;
  h1H = (out[1] + out[3] + carry(h1L, out[2])) | 0;
  h2L = (out[2] + h1L) | 0;
  h2H = (out[3] + h1H + carry(h2L, h1L)) | 0;
  out[0] = h1L;
  out[1] = h1H;
  out[2] = h2L;
  out[3] = h2H;
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** `fmix64`: a shift right by 33 leaves the high half, shifted by 1, in the low one. */
function finish(h: Murmur3, i: number): void {
  let low = h[i]!;
  let high = h[i + 1]!;
  low ^= high >>> 1;
  high = multiplyHigh(low, 0xed558ccd | 0, high, 0xff51afd7 | 0);
  low = Math.imul(low, 0xed558ccd | 0);
  low ^= high >>> 1;
  high = multiplyHigh(low, 0x1a85ec53, high, 0xc4ceb9fe | 0);
  low = Math.imul(low, 0x1a85ec53);
  low ^= high >>> 1;
  h[i] = low;
  h[i + 1] = high;
}

/** 1 if an addition of unsigned 32-bit numbers, of which `part` was one, came around to `sum`. */
function carry(sum: number, part: number): number {
  return sum >>> 0 < part >>> 0 ? 1 : 0;
}

/** The high half of the product of two 64-bit numbers given as low and high halves; the low one is imul(aL, bL). */
function multiplyHigh(aL: number, bL: number, aH: number, bH: number): number {
  const a0 = aL & 0xffff;
  const a1 = aL >>> 16;
  const b0 = bL & 0xffff;
  const b1 = bL >>> 16;
  const p01 = Math.imul(a0, b1);
  const p10 = Math.imul(a1, b0);
  const middle = (Math.imul(a0, b0) >>> 16) + (p01 & 0xffff) + (p10 & 0xffff);
  const carried = Math.imul(a1, b1) + (p01 >>> 16) + (p10 >>> 16) + (middle >>> 16);
  return (carried + Math.imul(aL, bH) + Math.imul(aH, bL)) | 0;
}

/** An unsigned 64-bit number modulo `m` (at most 2^24), exactly: 16 bits at a time below 2^53. */
export function modulo64(low: number, high: number, m: number): number {
  // Not the operator %, which for numbers beyond int32 is a slow call.
  let x = (high >>> 0) - Math.floor((high >>> 0) / m) * m;
  x = x * 0x10000 + (low >>> 16);
  x -= Math.floor(x / m) * m;
  x = x * 0x10000 + (low & 0xffff);
  return x - Math.floor(x / m) * m;
}
