import { u32, u64 } from '../codec/integers.ts';
import { parseIpv4Number } from '../codec/ipv4-text.ts';
import { ipv6 } from '../codec/ipv6.ts';
import { scalar } from '../codec/struct.ts';

// bpf/include/lbx/gate.h, hash.h

/** Added to the protocol for the gate bits of local backends, which tc egress asks for. */
export const GATE_BACKEND = 0x100;

export const LbxGateIndex = scalar('word', u32.doc('Word, 64 bits each'));
export const LbxGateWord = scalar('bits', u64.doc('Bit n of word w is hash 64 w + n'));

/** The bytes of a dotted quad as a little-endian machine loads them. */
export function rawAddress(address: string): number {
  const value = parseIpv4Number(address);
  return ((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24);
}

/** The same of a port. */
export function rawPort(port: number): number {
  return ((port & 0xff) << 8) | (port >>> 8);
}

/**
 * The gate's hash of an endpoint, equal to `hash_endpoint4()` of the datapath on a little-endian machine; u32.
 * `kind` is the protocol of a frontend, 0 with port 0 for a wildcard entry, protocol + GATE_BACKEND for a local backend.
 */
export function gateHash4(address: string, port: number, kind: number): number {
  const rest = ((rawPort(port) << 16) | kind) >>> 0;
  const sum = OFFSET + FACTORS[0] * BigInt(rawAddress(address) >>> 0) + FACTORS[1] * BigInt(rest);
  return Number((sum >> 32n) & 0xffff_ffffn);
}

const OFFSET = 0x6c62_272e_07bb_0142n;
const FACTORS = [0x9e37_79b9_7f4a_7c15n, 0xc2b2_ae3d_27d4_eb4fn] as const;

/** The same of an IPv6 address: `hash_endpoint6()`. */
export function gateHash6(address: string, port: number, kind: number): number {
  const words = new DataView(new ArrayBuffer(16));
  ipv6.put(words, 0, address);
  let sum = OFFSET_6 + FACTORS[1] * BigInt(((rawPort(port) << 16) | kind) >>> 0);
  for (const [i, factor] of FACTORS_6.entries()) sum += factor * BigInt(words.getUint32(4 * i, true));
  return Number((sum >> 32n) & 0xffff_ffffn);
}

const OFFSET_6 = 0x4528_21e6_38d0_1377n;
const FACTORS_6 = [
  0x9e37_79b9_7f4a_7c15n,
  0xbf58_476d_1ce4_e5b9n,
  0x94d0_49bb_1331_11ebn,
  0xd6e8_feb8_6659_fd93n,
] as const;

/** `gateHash4` or `gateHash6`, by the address. */
export function gateHash(address: string, port: number, kind: number): number {
  return address.includes(':') ? gateHash6(address, port, kind) : gateHash4(address, port, kind);
}

/** The gate as user space keeps it, of both families: which bits are set, and by how many endpoints. */
export interface Gate {
  /** Number of 64-bit words. */
  readonly words: number;
  /** Setting `lbx_gate_mask` that goes with it. */
  readonly mask: number;
  /** Bits that are set. Divided by 64 × words: the share of strangers that take the slow path. */
  readonly bitsSet: number;
  /** Counts an endpoint in; the word to write to lbx_gate, or undefined if its bit was set already. */
  add(address: string, port: number, kind: number): number | undefined;
  /** Counts an endpoint out; the word to write, or undefined if its bit stays. Unknown endpoints change nothing. */
  remove(address: string, port: number, kind: number): number | undefined;
  /** Value of a word. */
  word(index: number): bigint;
}

/**
 * An empty gate of `words` 64-bit words, a power of two (default 16384: 1 Mi bits, about 1 % of strangers
 * let through at 10,000 services).
 */
export function createGate(words = 16384): Gate {
  if (!Number.isInteger(words) || words < 1 || words > 2 ** 25 || (words & (words - 1)) !== 0) {
    throw new RangeError(`a gate has a power of two of words, 1 to 2^25, not ${words}`);
  }
  const mask = words * 64 - 1;
  const bits = new BigUint64Array(words);
  const users = new Map<number, number>();
  return {
    words,
    mask,
    get bitsSet() {
      return users.size;
    },
    add(address, port, kind) {
      const bit = (gateHash(address, port, kind) & mask) >>> 0;
      const count = users.get(bit) ?? 0;
      users.set(bit, count + 1);
      if (count > 0) return undefined;
      const index = Math.floor(bit / 64);
      bits[index]! |= 1n << BigInt(bit % 64);
      return index;
    },
    remove(address, port, kind) {
      const bit = (gateHash(address, port, kind) & mask) >>> 0;
      const count = users.get(bit);
      if (count === undefined) return undefined;
      if (count > 1) {
        users.set(bit, count - 1);
        return undefined;
      }
      users.delete(bit);
      const index = Math.floor(bit / 64);
      bits[index]! &= ~(1n << BigInt(bit % 64));
      return index;
    },
    word: (index) => bits[index]!,
  };
}
