// bpf/include/lbx/flow_hash.h

/** Words of the setting `lbx_flow_secret`. */
export const FLOW_SECRET_WORDS = 7;

/** Where a flow can be in the bucket table. */
export interface FlowPlace {
  /** Its first bucket. */
  readonly first: number;
  /** Its bucket when the first was full; may be the same. */
  readonly second: number;
  /** Stands for it among the tags of a bucket. */
  readonly tag: number;
}

/**
 * Where the datapath puts a flow, equal to `flow_place()`.
 *
 * @param key An encoded flow key. Its last two bytes, the stamp of an entry, do not count.
 * @param secret The setting `lbx_flow_secret`.
 * @param buckets The number of buckets.
 */
export function flowPlace(key: Uint8Array, secret: readonly bigint[], buckets: number): FlowPlace {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  let hash = 0n;
  for (let at = 0; at < key.length; at += 8) {
    const word = view.getBigUint64(at, true) & (at + 8 === key.length ? ~STAMP : ~0n);
    const add = secret[at / 8]!;
    hash += low(word + add) * low((word >> 32n) + (add >> 32n));
  }
  hash = mixed(mixed(wrap(hash)) * (secret[5]! | 1n));
  hash = mixed(hash * (secret[6]! | 1n));
  return {
    first: Number(((hash >> 32n) * BigInt(buckets)) >> 32n),
    second: Number((low(hash) * BigInt(buckets)) >> 32n),
    tag: Number((hash & 0xffffn) | 0x8000n),
  };
}

const STAMP = 0xffff_0000_0000_0000n;
const wrap = (value: bigint) => BigInt.asUintN(64, value);
const low = (value: bigint) => BigInt.asUintN(32, value);

function mixed(value: bigint): bigint {
  const word = wrap(value);
  return word ^ (word >> 32n);
}
