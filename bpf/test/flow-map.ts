// The flows of a family for tests, whichever table they are in: entries by key, written while no program runs.
import {
  type Family,
  FLOW_WAYS,
  flowPlace,
  flowSecretElement,
  flowSet4,
  flowSet6,
  flowSetElements,
} from '@lbx/maps';
import type { BpfMap, VariableValue } from 'libbpf-ts';

export type FlowTableKind = 'lru' | 'buckets';
export const flowTables = ['lru', 'buckets'] as const satisfies FlowTableKind[];

/** What tests do to a map of flows. */
export type FlowMap = Pick<BpfMap, 'get' | 'set' | 'delete' | 'clear'> & {
  entries(): Iterable<[Uint8Array, Uint8Array]>;
};

const HEAD = 64;
const GUESTS_AT = 24;
const AWAY_AT = 20;
const HOME_AT = 32;
const SECRET = [...crypto.getRandomValues(new BigUint64Array(7))];

/** The kind that tests use unless they ask for one. */
export const flowTableKind = (process.env.LBX_FLOW_TABLE as FlowTableKind | undefined) ?? 'buckets';

/** The other one. */
export const otherFlowTable: FlowTableKind = flowTableKind === 'lru' ? 'buckets' : 'lru';

/** The settings of one kind of table. */
export function flowSettings(kind: FlowTableKind, flows: number): Readonly<Record<string, VariableValue>> {
  const buckets = flowSetElements(flows) - 1;
  return {
    lbx_flow_table: kind === 'lru' ? 0 : 1,
    lbx_flow_buckets4: buckets,
    lbx_flow_buckets6: buckets,
    lbx_flow_secret: new Uint8Array(BigUint64Array.from(SECRET).buffer),
    lbx_weak_order: process.arch === 'x64' ? 0 : 1,
  };
}

/** The sizes of a family's maps of flows. */
export function flowMapSizes(
  kind: FlowTableKind,
  family: Family,
  flows: number,
): Record<string, { readonly maxEntries: number }> {
  return {
    [`lbx_flow${family}`]: { maxEntries: kind === 'lru' ? flows : 1 },
    [`lbx_flow_set${family}`]: { maxEntries: kind === 'lru' ? 1 : flowSetElements(flows) },
  };
}

/** The table, given what finds its map by name. */
export function openFlowMap(
  maps: { map(name: string): BpfMap },
  family: Family,
  kind: FlowTableKind,
): FlowMap {
  return kind === 'lru'
    ? maps.map(`lbx_flow${family}`)
    : openBuckets(maps.map(`lbx_flow_set${family}`), family);
}

function openBuckets(map: BpfMap, family: Family): FlowMap {
  const { entry, keySize } = family === 4 ? flowSet4 : flowSet6;
  const size = HEAD + FLOW_WAYS * entry.size;
  const keyIn = entry.size - keySize;
  const memory = map.mmap();
  const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  const buckets = map.maxEntries - 1;
  memory.set(flowSecretElement(SECRET, family === 4 ? flowSet4 : flowSet6), buckets * size);

  const tagAt = (bucket: number, way: number) => bucket * size + 2 * way;
  const entryAt = (bucket: number, way: number) => bucket * size + HEAD + way * entry.size;
  const ways = Array.from({ length: FLOW_WAYS }, (_, way) => way);
  const keyOf = (bucket: number, way: number) => {
    const key = memory.slice(entryAt(bucket, way) + keyIn, entryAt(bucket, way) + entry.size);
    // The stamp is the entry's.
    key.fill(0, -2);
    return key;
  };
  // Most are: by words, which cost least.
  const words = new Uint32Array(memory.buffer, memory.byteOffset, memory.byteLength / 4);
  const isEmpty = (bucket: number) => {
    for (let at = tagAt(bucket, 0) / 4; at < tagAt(bucket, FLOW_WAYS) / 4; at++)
      if (words[at] !== 0) return false;
    return true;
  };
  const find = (key: Uint8Array) => {
    const { first, second, tag } = flowPlace(key, SECRET, buckets);
    for (const bucket of [first, second]) {
      for (const way of ways) {
        if (view.getUint16(tagAt(bucket, way), true) !== tag) continue;
        if (Buffer.compare(keyOf(bucket, way), key) === 0) return [bucket, way] as const;
      }
    }
    return undefined;
  };
  const freePlace = (bucket: number) => {
    const way = ways.find((each) => view.getUint16(tagAt(bucket, each), true) === 0);
    if (way === undefined) throw new Error(`no room in bucket ${bucket}`);
    return [bucket, way] as const;
  };

  return {
    get(key: Uint8Array) {
      const place = find(key);
      return place && memory.slice(entryAt(...place), entryAt(...place) + entry.size);
    },
    set(key: Uint8Array, value: Uint8Array) {
      const { first, tag } = flowPlace(key, SECRET, buckets);
      const [bucket, way] = find(key) ?? freePlace(first);
      memory.set(value.subarray(0, keyIn), entryAt(bucket, way));
      memory.set(key.subarray(0, -2), entryAt(bucket, way) + keyIn);
      view.setUint16(tagAt(bucket, way), tag, true);
    },
    delete(key: Uint8Array) {
      const place = find(key);
      if (place === undefined) return false;
      const [bucket, way] = place;
      view.setUint16(tagAt(bucket, way), 0, true);
      const guests = view.getUint8(bucket * size + GUESTS_AT);
      if ((guests >> way) & 1) {
        view.setUint8(bucket * size + GUESTS_AT, guests & ~(1 << way));
        const home = view.getUint32(bucket * size + HOME_AT + 4 * way, true);
        const away = home * size + AWAY_AT;
        view.setUint32(away, view.getUint32(away, true) - 1, true);
      }
      return true;
    },
    *entries() {
      for (let bucket = 0; bucket < buckets; bucket++) {
        if (isEmpty(bucket)) continue;
        for (const way of ways) {
          if (view.getUint16(tagAt(bucket, way), true) === 0) continue;
          const at = entryAt(bucket, way);
          yield [keyOf(bucket, way), memory.slice(at, at + entry.size)];
        }
      }
    },
    clear() {
      memory.fill(0, 0, buckets * size);
      return 0;
    },
  } as FlowMap;
}
