import type { FlowSetShape, LbxFlow4, LbxFlow6 } from '@lbx/maps';
import { fieldOf, isSame, offsetIn } from './field-offset.ts';
import { type FlowAge, isLater } from './flow-age.ts';

export type AnyFlowShape = FlowSetShape<LbxFlow4> | FlowSetShape<LbxFlow6>;

/** Bytes of a key's end that are an entry's own, and no part of the flow's name. */
const stampBytes = 2;

/** Flows as bytes, of one address family: what both kinds of flow tables hold. The key is the end of the record. */
export interface FlowRecords {
  readonly size: number;
  readonly keySize: number;
  /** The key in a record, a view. */
  keyOf(record: Uint8Array): Uint8Array;
  lastSeen(record: Uint8Array): number;
  isOver(record: Uint8Array, age: FlowAge): boolean;
  /** Of two records of one key: the one that says more. `b` itself when `a` adds nothing. */
  join(a: Uint8Array, b: Uint8Array): Uint8Array;
}

export function flowRecords({ entry, keySize }: AnyFlowShape): FlowRecords {
  const [flagsAt, seenAt] = [offsetIn(entry, 'flags'), offsetIn(entry, 'last_seen')];
  const protoAt = entry.size - keySize + protoInKey(keySize);
  /** What makes two records the same flow: by these it goes to one backend on one port. */
  const bound = ['backend_id', 'generation', 'sport'].map((name) => fieldOf(entry, name));
  const seen = (record: Uint8Array) => viewOf(record).getUint32(seenAt, true);
  return {
    size: entry.size,
    keySize,
    lastSeen: seen,
    keyOf: (record) => record.subarray(entry.size - keySize),
    isOver: (record, age) => age.isOver(record[protoAt] ?? 0, record[flagsAt] ?? 0, seen(record)),
    join(a, b) {
      const aIsLater = isLater(seen(a), seen(b));
      if (bound.some((field) => !isSame(a, b, field))) return aIsLater ? a : b;
      const flags = (a[flagsAt] ?? 0) | (b[flagsAt] ?? 0);
      if (!aIsLater && flags === b[flagsAt]) return b;
      const joined = new Uint8Array(aIsLater ? a : b);
      joined[flagsAt] = flags;
      return joined;
    },
  };
}

/** Protocol, direction and stamp are a key's last four bytes. */
const protoInKey = (keySize: number) => keySize - stampBytes - 2;

/** Sets the stamp of a record, a copy, to zero. */
export function withoutStamp(record: Uint8Array): Uint8Array {
  const copy = new Uint8Array(record);
  copy.fill(0, copy.length - stampBytes);
  return copy;
}

export const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
