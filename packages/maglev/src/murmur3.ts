/**
 * MurmurHash3_x64_128 of Austin Appleby (public domain), without BigInt and without allocation: a 64-bit number is
 * two int32 halves in an Int32Array, low half first.
 */

/** A hash: h1 low, h1 high, h2 low, h2 high. */
export type Murmur3 = Int32Array;

const C1_LOW = 0x114253d5;
const C1_HIGH = 0x87c37b91 | 0;
const C2_LOW = 0x2745937f;
const C2_HIGH = 0x4cf5ad43;

const text = new Uint8Array(1024);
const k = new Int32Array(2);

/** Hashes the UTF-8 bytes of a string into `out` (4 halves). */
export function murmur3_128(input: string, seed: number, out: Murmur3): void {
  let bytes = text;
  let length = input.length;
  let others = length > text.length ? 128 : 0;
  if (others === 0) {
    for (let i = 0; i < length; i++) {
      const code = input.charCodeAt(i);
      others |= code;
      text[i] = code;
    }
  }
  if (others > 127) {
    bytes = new TextEncoder().encode(input);
    length = bytes.length;
  }
  hashBytes(bytes, length, seed | 0, out);
}

function hashBytes(bytes: Uint8Array, length: number, seed: number, h: Murmur3): void {
  h[0] = seed;
  h[1] = 0;
  h[2] = seed;
  h[3] = 0;
  const blocks = length & ~15;
  for (let at = 0; at < blocks; at += 16) {
    k[0] = word(bytes, at);
    k[1] = word(bytes, at + 4);
    mixFirst(h);
    rotateLeft(h, 0, 27);
    add(h, 0, h[2]!, h[3]!);
    multiplyBy5(h, 0, 0x52dce729);
    k[0] = word(bytes, at + 8);
    k[1] = word(bytes, at + 12);
    mixSecond(h);
    rotateLeft(h, 2, 31);
    add(h, 2, h[0]!, h[1]!);
    multiplyBy5(h, 2, 0x38495ab5);
  }
  const rest = length & 15;
  if (rest > 8) {
    k[0] = partOfWord(bytes, blocks + 8, length);
    k[1] = partOfWord(bytes, blocks + 12, length);
    mixSecond(h);
  }
  if (rest > 0) {
    k[0] = partOfWord(bytes, blocks, length);
    k[1] = partOfWord(bytes, blocks + 4, length);
    mixFirst(h);
  }
  h[0]! ^= length;
  h[2]! ^= length;
  add(h, 0, h[2]!, h[3]!);
  add(h, 2, h[0]!, h[1]!);
  finish(h, 0);
  finish(h, 2);
  add(h, 0, h[2]!, h[3]!);
  add(h, 2, h[0]!, h[1]!);
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function partOfWord(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  for (let i = Math.min(at + 4, end) - 1; i >= at; i--) value = (value << 8) | bytes[i]!;
  return value;
}

function mixFirst(h: Murmur3): void {
  multiply(k, 0, C1_LOW, C1_HIGH);
  rotateLeft(k, 0, 31);
  multiply(k, 0, C2_LOW, C2_HIGH);
  h[0]! ^= k[0]!;
  h[1]! ^= k[1]!;
}

function mixSecond(h: Murmur3): void {
  multiply(k, 0, C2_LOW, C2_HIGH);
  // By 33: the halves change places, then by 1.
  const low = k[0]!;
  k[0] = k[1]!;
  k[1] = low;
  rotateLeft(k, 0, 1);
  multiply(k, 0, C1_LOW, C1_HIGH);
  h[2]! ^= k[0]!;
  h[3]! ^= k[1]!;
}

/** `fmix64`: a shift right by 33 leaves the high half, shifted by 1, in the low one. */
function finish(h: Murmur3, i: number): void {
  h[i]! ^= h[i + 1]! >>> 1;
  multiply(h, i, 0xed558ccd | 0, 0xff51afd7 | 0);
  h[i]! ^= h[i + 1]! >>> 1;
  multiply(h, i, 0x1a85ec53, 0xc4ceb9fe | 0);
  h[i]! ^= h[i + 1]! >>> 1;
}

/** By less than 32. */
function rotateLeft(x: Int32Array, i: number, bits: number): void {
  const [low, high] = [x[i]!, x[i + 1]!];
  x[i] = (low << bits) | (high >>> (32 - bits));
  x[i + 1] = (high << bits) | (low >>> (32 - bits));
}

function add(x: Int32Array, i: number, low: number, high: number): void {
  const sum = (x[i]! + low) | 0;
  x[i + 1] = (x[i + 1]! + high + (sum >>> 0 < low >>> 0 ? 1 : 0)) | 0;
  x[i] = sum;
}

/** x * 5 + a 32-bit constant. */
function multiplyBy5(x: Int32Array, i: number, constant: number): void {
  const [low, high] = [x[i]!, x[i + 1]!];
  // x * 4 + x.
  x[i] = low << 2;
  x[i + 1] = (high << 2) | (low >>> 30);
  add(x, i, low, high);
  add(x, i, constant, 0);
}

function multiply(x: Int32Array, i: number, low: number, high: number): void {
  const a = x[i]!;
  x[i + 1] = (multiplyHigh(a, low) + Math.imul(a, high) + Math.imul(x[i + 1]!, low)) | 0;
  x[i] = Math.imul(a, low);
}

/** The high half of the 64-bit product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const [a0, a1, b0, b1] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const p01 = Math.imul(a0, b1);
  const p10 = Math.imul(a1, b0);
  const middle = (Math.imul(a0, b0) >>> 16) + (p01 & 0xffff) + (p10 & 0xffff);
  return (Math.imul(a1, b1) + (p01 >>> 16) + (p10 >>> 16) + (middle >>> 16)) | 0;
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
