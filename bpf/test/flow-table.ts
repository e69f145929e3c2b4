// The bucket table of flows under test: the object, what is in its map, and whether that is in order.
import { readFileSync } from 'node:fs';
import { flowPlace } from '@lbx/maps';
import { type BpfObject, load } from 'libbpf-ts';

/** `enum table_what` of flow-table.bpf.c. */
export const what = { find: 0, insert: 1, replace: 2, remove: 3, touch: 4, sweep: 5 } as const;
/** Results of a find and a touch. */
export const found = { miss: 0, hit: 1, contended: 2 } as const;
export const EXISTS = -17;
export const WAYS = 8;
export const FLAG_CONFIRMED = 0x20;

/** Offsets in `struct table_op`. */
const OP_FLOW = 16;
const BUCKET_ENTRIES = 64;
const WRITING = 0x0001;
const HELD = 0x8000;

/** Where the fields of a flow are, by the object's types. */
export interface FlowShape {
  readonly size: number;
  readonly keyAt: number;
  readonly lastSeenAt: number;
  readonly flagsAt: number;
  readonly backendAt: number;
}

export interface FlowTable extends Disposable {
  readonly object: BpfObject;
  readonly family: 4 | 6;
  readonly buckets: number;
  readonly shape: FlowShape;
  readonly secret: readonly bigint[];
  /** The table's memory. */
  readonly memory: Uint8Array;
}

/** One flow in the table. */
export interface Place {
  readonly bucket: number;
  readonly way: number;
  /** Bytes of the entry, a copy. */
  readonly entry: Uint8Array;
  /** Its key without the stamp, in hexadecimal. */
  readonly key: string;
}

export function randomSecret(): bigint[] {
  return [...crypto.getRandomValues(new BigUint64Array(7))];
}

export function openFlowTable({
  family = 4,
  buckets,
  secret = randomSecret(),
  weakOrder = false,
}: {
  readonly family?: 4 | 6;
  readonly buckets: number;
  readonly secret?: readonly bigint[];
  readonly weakOrder?: boolean;
}): FlowTable {
  const bytes = readFileSync(new URL(`prebuilt/flow-table${family}.bpf.o`, import.meta.url));
  const object = load(bytes, {
    variables: {
      lbx_flow_secret: new Uint8Array(BigUint64Array.from(secret).buffer),
      [`lbx_flow_buckets${family}`]: buckets,
      lbx_weak_order: weakOrder ? 1 : 0,
    },
    maps: {
      [`lbx_flow_set${family}`]: { maxEntries: buckets + 1 },
      [`lbx_flow${family}`]: { maxEntries: 1 },
    },
  });
  const struct = object.spec.btf.struct(`lbx_flow${family}`);
  const at = (name: string) => struct.members.find((member) => member.name === name)!.offset;
  return {
    object,
    family,
    buckets,
    secret,
    shape: {
      size: struct.size,
      keyAt: at('key'),
      lastSeenAt: at('last_seen'),
      flagsAt: at('flags'),
      backendAt: at('backend_id'),
    },
    memory: object.map(`lbx_flow_set${family}`).mmap(),
    [Symbol.dispose]: () => object[Symbol.dispose](),
  };
}

/** Runs one operation; `flow` is the entry to write or, its key, to look for. */
export function operate(
  table: FlowTable,
  operation: keyof typeof what,
  flow: Uint8Array,
  now = 0,
): { readonly result: number; readonly flow: Uint8Array } {
  const data = new Uint8Array(Math.max(64, OP_FLOW + flow.length));
  const view = new DataView(data.buffer);
  view.setUint32(0, what[operation], true);
  view.setUint32(4, now, true);
  data.set(flow, OP_FLOW);
  const out = table.object.program('table_op').testRun({ data }).data;
  return {
    result: new DataView(out.buffer, out.byteOffset).getInt32(8, true),
    flow: out.slice(OP_FLOW, OP_FLOW + flow.length),
  };
}

/** All flows in the table. */
export function* places({ memory, buckets, shape }: FlowTable): Generator<Place> {
  const size = bucketSize(shape);
  const view = new DataView(memory.buffer, memory.byteOffset);
  for (let bucket = 0; bucket < buckets; bucket++) {
    for (let way = 0; way < WAYS; way++) {
      if (view.getUint16(bucket * size + 2 * way, true) === 0) continue;
      const at = bucket * size + BUCKET_ENTRIES + way * shape.size;
      const entry = memory.slice(at, at + shape.size);
      yield { bucket, way, entry, key: keyText(entry.subarray(shape.keyAt)) };
    }
  }
}

/** A key without its stamp. */
export function keyText(key: Uint8Array): string {
  return Buffer.from(key.subarray(0, -2)).toString('hex');
}

/** What is wrong with a table that nobody uses now: nothing, if all writers kept to the rules. */
export function disorder(table: FlowTable): string[] {
  const { memory, buckets, shape, secret } = table;
  const size = bucketSize(shape);
  const view = new DataView(memory.buffer, memory.byteOffset);
  const problems: string[] = [];
  const away = new Uint32Array(buckets);
  const seen = new Map<string, string>();
  for (const { bucket, way, entry, key } of places(table)) {
    const where = `${bucket}.${way}`;
    const { first, second, tag } = flowPlace(entry.subarray(shape.keyAt), secret, buckets);
    const isGuest = first !== bucket;
    if (isGuest && second !== bucket) problems.push(`${where}: belongs to ${first} or ${second}`);
    if (isGuest) away[first]!++;
    const guests = view.getUint8(bucket * size + 24);
    if (((guests >> way) & 1) !== (isGuest ? 1 : 0)) problems.push(`${where}: guest bit of ${guests}`);
    if (isGuest && view.getUint32(bucket * size + 32 + 4 * way, true) !== first)
      problems.push(`${where}: home`);
    if (view.getUint16(bucket * size + 2 * way, true) !== tag) problems.push(`${where}: wrong tag`);
    const stamp = new DataView(entry.buffer, entry.byteOffset).getUint16(shape.size - 2, true);
    if (stamp & (WRITING | HELD)) problems.push(`${where}: stamp ${stamp.toString(16)}`);
    if (seen.has(key)) problems.push(`${where}: its flow is in ${seen.get(key)} too`);
    seen.set(key, where);
  }
  for (let bucket = 0; bucket < buckets; bucket++) {
    const lock = view.getUint32(bucket * size + 16, true);
    if (lock !== 0) problems.push(`${bucket}: lock ${lock}`);
    const count = view.getUint32(bucket * size + 20, true);
    if (count !== away[bucket]) problems.push(`${bucket}: away ${count}, but ${away[bucket]} are`);
    const tags = Array.from({ length: WAYS }, (_, way) => view.getUint16(bucket * size + 2 * way, true));
    const used = tags.filter((tag) => tag !== 0);
    if (new Set(used).size < used.length) problems.push(`${bucket}: tags ${tags.join(' ')}`);
  }
  return problems;
}

function bucketSize(shape: FlowShape): number {
  return BUCKET_ENTRIES + WAYS * shape.size;
}
