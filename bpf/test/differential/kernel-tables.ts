import {
  type AnyLayout,
  type BackendMeta,
  catalog,
  decodeLookupTable,
  type Entry,
  entryId,
  flowCatalog,
  gateHash,
  type PacketState,
  type ServiceMapName,
} from '@lbx/maps';
import type { Kernel } from './kernel.ts';
import { mapsOfFamily } from './map-names.ts';
import type { Op } from './op.ts';
import { families } from './place.ts';

const { lbx_backend_meta, lbx_frontend_meta } = flowCatalog;

/** What the programs may only read, as the kernel has it now. */
export function readTables(kernel: Kernel): Omit<PacketState, 'flows'> {
  const entries = new Map<string, Entry>();
  const add = (map: string, key: unknown, value: unknown) => {
    const entry = { map, key, value } as Entry;
    entries.set(entryId(map as ServiceMapName, entry.key), entry);
  };
  for (const [key, value] of kernel.entries(catalog.lb_affinity_match)) add('lb_affinity_match', key, value);
  for (const family of families) {
    const { services, backends, sourceRange, maglev } = mapsOfFamily[family];
    for (const layout of [services, backends, sourceRange])
      for (const [key, value] of kernel.entries(layout)) add(layout.name, key, value);
    for (const key of kernel.map(maglev.name).keys()) {
      using inner = kernel.map(maglev.name).getInner(key)!;
      add(maglev.name, maglev.key.decode(key), decodeLookupTable(inner.get(new Uint8Array(4))!));
    }
  }
  return {
    tables: { entries },
    backends: readBackends(kernel),
    servedElsewhere: readElsewhere(kernel, entries.values()),
    mayBeOurs: readGate(kernel),
  };
}

function readBackends(kernel: Kernel): ReadonlyMap<number, BackendMeta> {
  const backends = new Map<number, BackendMeta>();
  for (const { key, value } of usedElements(kernel, lbx_backend_meta)) {
    const id = lbx_backend_meta.key.decode(key);
    const { generation, flags } = lbx_backend_meta.value.decode(value, id);
    backends.set(id.backendId, { generation, local: (flags & 1) === 1 });
  }
  return backends;
}

function readElsewhere(kernel: Kernel, entries: Iterable<Entry>): PacketState['servedElsewhere'] {
  const elsewhere = new Set<number>();
  for (const { map, value } of entries) {
    if (map !== 'lb4_services_v2' && map !== 'lb6_services_v2') continue;
    const meta = kernel.get<object, { flags: number }>(lbx_frontend_meta, { revNatId: value.revNatIndex });
    if (meta && meta.flags & 1) elsewhere.add(value.revNatIndex);
  }
  return (revNatId) => elsewhere.has(revNatId);
}

function readGate(kernel: Kernel): PacketState['mayBeOurs'] {
  const map = kernel.map('lbx_gate');
  const words = new BigUint64Array(map.maxEntries);
  const bytes = new Uint8Array(words.buffer);
  let at = 0;
  for (const { values, count } of map.readBatches()!) {
    bytes.set(values.subarray(0, 8 * count), at);
    at += 8 * count;
  }
  const mask = words.length * 64 - 1;
  return (address, port, kind) => {
    const bit = (gateHash(address, port, kind) & mask) >>> 0;
    return ((words[bit >> 6]! >> BigInt(bit & 63)) & 1n) === 1n;
  };
}

/** The elements of an array map that are not all zero; of values longer than `looks` bytes, these are looked at. */
export function* usedElements(
  kernel: Kernel,
  layout: AnyLayout & { readonly name: string },
  looks = 32,
): Generator<{ readonly key: Uint8Array; readonly value: Uint8Array }> {
  const map = kernel.map(layout.name);
  const { keySize, valueBytes } = map;
  for (const { keys, values, count } of map.readBatches()!) {
    for (let i = 0; i < count; i++) {
      const at = i * valueBytes;
      const end = at + Math.min(looks, valueBytes);
      let byte = at;
      while (byte < end && values[byte] === 0) byte++;
      if (byte < end) {
        yield {
          key: keys.slice(i * keySize, (i + 1) * keySize),
          value: values.slice(at, at + valueBytes),
        };
      }
    }
  }
}

/** Writes one entry of a service map behind the control plane's back; what is returned undoes it. */
export function poke(
  kernel: Kernel,
  { map: name, nth, at, byte }: Extract<Op, { kind: 'poke' }>,
): () => void {
  const map = kernel.map(name);
  const isMeta = name === 'lbx_backend_meta';
  const keys = isMeta ? [...usedElements(kernel, lbx_backend_meta)].map(({ key }) => key) : [...map.keys()];
  const key = keys.sort(Buffer.compare)[nth % keys.length];
  if (key === undefined) return () => {};
  if (name === 'lb4_maglev' || name === 'lb6_maglev') {
    const inner = map.getInner(key)!;
    map.delete(key);
    return () => {
      map.setInner(key, inner);
      inner.close();
    };
  }
  const before = map.get(key)!;
  if (byte === undefined) map.delete(key);
  else map.set(key, before.with(at, byte));
  return () => map.set(key, before);
}
