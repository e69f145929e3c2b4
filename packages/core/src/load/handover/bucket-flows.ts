import { FLOW_WAYS, flowPlace, flowSecretOf } from '@lbx/maps';
import type { BpfMap } from 'libbpf-ts';
import { type FlowRecords, viewOf, withoutStamp } from './flow-records.ts';
import type { FlowStore } from './flow-store.ts';

/** Of struct lbx_flow_bucket in bpf/include/lbx/flow_bucket.h. */
const head = 64;
const lockAt = 16;
const awayAt = 20;
const guestsAt = 24;
const homeAt = 32;

/** Parts of the stamp, the last two bytes of an entry. */
const writing = 0x0001n << 48n;
const held = 0x8000n << 48n;
const change = 0x0002n << 48n;
const stamp = 0xffffn << 48n;
const count = stamp & ~writing & ~held;

/** Turns of waiting for a lock or an entry that programs hold for microseconds at most. */
const patience = 100_000;

/**
 * Flows in the bucket table, in the memory that programs change at the same time: by the rules of
 * bpf/include/lbx/flow_bucket.h and flow_table.h, as one more CPU would.
 */
export function bucketFlows(map: BpfMap, records: FlowRecords): FlowStore {
  const memory = map.mmap();
  const size = head + FLOW_WAYS * records.size;
  const buckets = map.maxEntries - 1;
  const secret = flowSecretOf(memory.subarray(buckets * size));
  const view = viewOf(memory);
  const words = new BigUint64Array(memory.buffer, memory.byteOffset, Math.floor(memory.byteLength / 8));
  const ints = new Int32Array(memory.buffer, memory.byteOffset, Math.floor(memory.byteLength / 4));
  const shorts = new Uint16Array(memory.buffer, memory.byteOffset, Math.floor(memory.byteLength / 2));
  const tagIndex = (bucket: number, way: number) => (bucket * size) / 2 + way;
  const entryAt = (bucket: number, way: number) => bucket * size + head + way * records.size;
  const wordIndex = (bucket: number, way: number) => (entryAt(bucket, way) + records.size) / 8 - 1;

  const read = (bucket: number, way: number): Uint8Array | undefined => {
    const before = Atomics.load(words, wordIndex(bucket, way));
    const at = entryAt(bucket, way);
    const record = memory.slice(at, at + records.size);
    const after = Atomics.load(words, wordIndex(bucket, way));
    return (before & writing) !== 0n || ((before ^ after) & ~held) !== 0n ? undefined : record;
  };
  const lock = (bucket: number): boolean => {
    const at = (bucket * size + lockAt) / 4;
    for (let turn = 0; turn < patience; turn++)
      if (Atomics.compareExchange(ints, at, 0, 1) === 0) return true;
    return false;
  };
  const unlock = (bucket: number) => void Atomics.store(ints, (bucket * size + lockAt) / 4, 0);
  const wayOf = (bucket: number, tag: number): number => {
    for (let way = 0; way < FLOW_WAYS; way++) if (shorts[tagIndex(bucket, way)] === tag) return way;
    return -1;
  };

  /** Writes a record into a way of a bucket that is locked, as flow_table_write(). */
  const write = (bucket: number, way: number, record: Uint8Array): boolean => {
    const at = wordIndex(bucket, way);
    let word = Atomics.load(words, at) & ~held & ~writing;
    for (let turn = 0; ; turn++) {
      if (turn === patience) return false;
      const seen = Atomics.compareExchange(words, at, word, word | writing);
      if (seen === word) break;
      word = seen & ~held & ~writing;
    }
    memory.set(record.subarray(0, records.size - 8), entryAt(bucket, way));
    const rest = viewOf(record).getBigUint64(records.size - 8, true);
    Atomics.store(words, at, (rest & ~stamp) | ((word + change) & count));
    return true;
  };
  const setTag = (bucket: number, way: number, tag: number) =>
    void Atomics.store(shorts, tagIndex(bucket, way), tag);

  /** Joins the record with the one of its key in a bucket that is locked; undefined: there is none. */
  const joinIn = (bucket: number, tag: number, record: Uint8Array): boolean | undefined => {
    const way = wayOf(bucket, tag);
    if (way < 0) return undefined;
    const there = read(bucket, way);
    if (there === undefined || !sameKey(records.keyOf(there), records.keyOf(record))) return undefined;
    const plain = withoutStamp(there);
    const next = records.join(record, plain);
    return next === plain || write(bucket, way, next);
  };

  /** Into a free way. A tag stands for one flow of a bucket only. */
  const put = (bucket: number, tag: number, record: Uint8Array, home?: number): boolean => {
    const way = wayOf(bucket, 0);
    if (way < 0 || wayOf(bucket, tag) >= 0) return false;
    if (home !== undefined) {
      // Before the tag: who looks into the first bucket only has come too early.
      Atomics.add(ints, (home * size + awayAt) / 4, 1);
      view.setUint32(bucket * size + homeAt + 4 * way, home, true);
      view.setUint8(bucket * size + guestsAt, view.getUint8(bucket * size + guestsAt) | (1 << way));
    }
    if (!write(bucket, way, record)) return false;
    setTag(bucket, way, tag);
    return true;
  };

  const joinLocked = (record: Uint8Array, first: number, second: number, tag: number): boolean => {
    const joined = joinIn(first, tag, record);
    if (joined !== undefined) return joined;
    const isAway = first !== second && Atomics.load(ints, (first * size + awayAt) / 4) > 0;
    if (!isAway && put(first, tag, record)) return true;
    if (first === second || !lock(second)) return false;
    try {
      return joinIn(second, tag, record) ?? (put(first, tag, record) || put(second, tag, record, first));
    } finally {
      unlock(second);
    }
  };
  const join = (record: Uint8Array): boolean => {
    const { first, second, tag } = flowPlace(records.keyOf(record), secret, buckets);
    if (!lock(first)) return false;
    try {
      return joinLocked(record, first, second, tag);
    } finally {
      unlock(first);
    }
  };

  /** Takes a flow that is in the way to its other bucket. Only while nobody else uses the table. */
  const makeRoom = (record: Uint8Array): boolean => {
    const wanted = flowPlace(records.keyOf(record), secret, buckets);
    for (const bucket of [wanted.first, wanted.second]) {
      for (let way = 0; way < FLOW_WAYS; way++) {
        const resident = read(bucket, way);
        if (resident === undefined) continue;
        const { first, second, tag } = flowPlace(records.keyOf(resident), secret, buckets);
        const other = bucket === first ? second : first;
        if (other === bucket || !put(other, tag, resident, other === first ? undefined : first)) continue;
        setTag(bucket, way, 0);
        if (bucket !== first) {
          Atomics.sub(ints, (first * size + awayAt) / 4, 1);
          const at = bucket * size + guestsAt;
          view.setUint8(at, view.getUint8(at) & ~(1 << way));
        }
        return true;
      }
    }
    return false;
  };

  return {
    *records() {
      for (let bucket = 0; bucket < buckets; bucket++) {
        for (let way = 0; way < FLOW_WAYS; way++) {
          const record = shorts[tagIndex(bucket, way)] === 0 ? undefined : read(bucket, way);
          if (record !== undefined) yield record;
        }
      }
    },
    fill(all) {
      let lost = 0;
      for (const record of all) if (!join(record) && !(makeRoom(record) && join(record))) lost++;
      return lost;
    },
    join,
  };
}

/** All but the stamp. */
function sameKey(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length - 2; i++) if (a[i] !== b[i]) return false;
  return true;
}
