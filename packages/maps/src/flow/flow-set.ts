// The bucket table of flows as user space sees it (bpf/include/lbx/flow_bucket.h): shared memory that programs change
// at any time.
import type { Struct } from '../codec/struct.ts';
import { FLOW_SECRET_WORDS, flowPlace } from './flow-place.ts';
import { LbxFlow4, LbxFlow4Key } from './flow4.ts';
import { LbxFlow6, LbxFlow6Key } from './flow6.ts';

/** Flows in a bucket. */
export const FLOW_WAYS = 8;
/** Bytes of a bucket before its flows. */
const HEAD = 64;
/** In the last two bytes of a key: the programs are writing this entry. */
const WRITING = 1;

/** Sizes of one address family's flows. */
export interface FlowSetShape<F> {
  readonly entry: Struct<F>;
  readonly keySize: number;
}

export const flowSet4: FlowSetShape<LbxFlow4> = { entry: LbxFlow4, keySize: LbxFlow4Key.size };
export const flowSet6: FlowSetShape<LbxFlow6> = { entry: LbxFlow6, keySize: LbxFlow6Key.size };

/** Elements of the map for `flows` flows: twice the places, and one for the secret. */
export function flowSetElements(flows: number): number {
  return Math.max(2, Math.ceil((2 * flows) / FLOW_WAYS)) + 1;
}

/** A view of the table in the shared memory (`BpfMap.mmap()`) of its map. */
export interface FlowSet<F> {
  readonly buckets: number;
  /** Setting `lbx_flow_secret` that goes with what is in the table. */
  readonly secret: readonly bigint[];
  /** Places that are taken, by flows that live or by ones that are over. */
  used(): number;
  /** The flow of an encoded key. */
  find(key: Uint8Array): F | undefined;
  /** All flows, those that are over too. Ones that change in this moment may come or not. */
  entries(): Generator<F>;
}

/**
 * Reads the table in the memory of its map.
 *
 * @param elements The map's max_entries; the memory may be longer. The last element has the secret.
 */
export function readFlowSet<F>(
  memory: Uint8Array,
  elements: number,
  { entry, keySize }: FlowSetShape<F>,
): FlowSet<F> {
  const size = HEAD + FLOW_WAYS * entry.size;
  const buckets = elements - 1;
  const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  const secret = flowSecretOf(memory.subarray(buckets * size));
  const tagOf = (bucket: number, way: number) => view.getUint16(bucket * size + 2 * way, true);

  /** Undefined when a program wrote it meanwhile. */
  const read = (bucket: number, way: number): { flow: F; bytes: Uint8Array } | undefined => {
    const at = bucket * size + HEAD + way * entry.size;
    const stampAt = at + entry.size - 2;
    const stamp = view.getUint16(stampAt, true);
    const bytes = memory.slice(at, at + entry.size);
    if ((stamp & WRITING) !== 0 || view.getUint16(stampAt, true) !== stamp) return undefined;
    return { flow: entry.decode(bytes), bytes };
  };

  return {
    buckets,
    secret,
    used() {
      let count = 0;
      for (let bucket = 0; bucket < buckets; bucket++) {
        for (let way = 0; way < FLOW_WAYS; way++) if (tagOf(bucket, way) !== 0) count++;
      }
      return count;
    },
    find(key) {
      const { first, second, tag } = flowPlace(key, secret, buckets);
      for (const bucket of [first, second]) {
        for (let way = 0; way < FLOW_WAYS; way++) {
          if (tagOf(bucket, way) !== tag) continue;
          const found = read(bucket, way);
          if (found !== undefined && isKey(found.bytes.subarray(entry.size - keySize), key))
            return found.flow;
        }
      }
      return undefined;
    },
    *entries() {
      for (let bucket = 0; bucket < buckets; bucket++) {
        for (let way = 0; way < FLOW_WAYS; way++) {
          const found = tagOf(bucket, way) === 0 ? undefined : read(bucket, way);
          if (found !== undefined) yield found.flow;
        }
      }
    },
  };
}

/** The element of the map that keeps the secret beside the flows that it placed, for who loads programs next. */
export function flowSecretElement(
  secret: readonly bigint[],
  { entry }: FlowSetShape<LbxFlow4> | FlowSetShape<LbxFlow6>,
): Uint8Array {
  const bytes = new Uint8Array(HEAD + FLOW_WAYS * entry.size);
  const view = new DataView(bytes.buffer);
  secret.forEach((word, i) => {
    view.setBigUint64(8 * i, word, true);
  });
  return bytes;
}

/** The secret in such an element. */
export function flowSecretOf(element: Uint8Array): bigint[] {
  const view = new DataView(element.buffer, element.byteOffset, element.byteLength);
  return Array.from({ length: FLOW_SECRET_WORDS }, (_, i) => view.getBigUint64(8 * i, true));
}

/** All but the stamp, which is an entry's own. */
function isKey(bytes: Uint8Array, key: Uint8Array): boolean {
  for (let i = 0; i < key.length - 2; i++) if (bytes[i] !== key[i]) return false;
  return true;
}
