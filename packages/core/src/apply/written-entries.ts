import {
  type AnyLayout,
  type AnyTable,
  type Entry,
  entryId,
  type ServiceMapName,
  sameEntry,
  serviceCatalog,
  type Tables,
} from '@lbx/maps';
import type { BpfMap } from 'libbpf-ts';

/** What the service maps hold at one moment. */
export interface WrittenEntries {
  /** Entries by map name; empty maps are left out. */
  readonly counts: Readonly<Record<string, number>>;
  /** Is this entry there, with this value? */
  has(entry: Entry): boolean;
}

type Holds = (entry: Entry) => boolean;

/** Reads all service maps, as bytes: for a hundred thousand entries decoding would take four times as long. */
export function readWrittenEntries(maps: ReadonlyMap<string, BpfMap>, tables: Tables): WrittenEntries {
  const counts: Record<string, number> = {};
  const holds = new Map<string, Holds>();
  for (const name of Object.keys(serviceCatalog) as ServiceMapName[]) {
    const layout: AnyLayout = serviceCatalog[name];
    const map = maps.get(name);
    const [count, has] =
      (map !== undefined && layout.inner === undefined && layout.type === 'hash'
        ? readBytes(map, layout)
        : undefined) ?? readEntries(name, tables[name] as AnyTable);
    if (count > 0) counts[name] = count;
    holds.set(name, has);
  }
  return { counts, has: (entry) => holds.get(entry.map)?.(entry) === true };
}

/** Values by key, both as text: comparing that needs no object for each entry. undefined where there are no batches. */
function readBytes(
  map: BpfMap,
  { key: keyCodec, value: valueCodec, valueSize }: AnyLayout,
): [number, Holds] | undefined {
  const batches = map.readBatches();
  if (batches === undefined) return undefined;
  const found = new Map<string, string>();
  for (const { keys, values, count } of batches) {
    const [keyBytes, valueBytes] = [asBuffer(keys), asBuffer(values)];
    for (let i = 0; i < count; i++) {
      const key = keyBytes.toString('latin1', i * map.keySize, (i + 1) * map.keySize);
      found.set(key, valueBytes.toString('latin1', i * valueSize, (i + 1) * valueSize));
    }
  }
  const key = Buffer.alloc(keyCodec.size);
  const value = Buffer.alloc(valueSize);
  const [keyView, valueView] = [viewOf(key), viewOf(value)];
  const has: Holds = (entry) => {
    keyCodec.put(keyView, 0, entry.key);
    valueCodec.put(valueView, 0, entry.value, entry.key);
    return found.get(key.toString('latin1')) === value.toString('latin1');
  };
  return [found.size, has];
}

const asBuffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const viewOf = (bytes: Buffer) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Where bytes do not tell: Maglev values are maps of their own, source ranges may differ in bits that mean nothing. */
function readEntries(name: ServiceMapName, table: AnyTable): [number, Holds] {
  const found = new Map<string, Entry>();
  for (const [key, value] of table.entries())
    found.set(entryId(name, key as Entry['key']), { map: name, key, value } as Entry);
  const has: Holds = (entry) => {
    const there = found.get(entryId(name, entry.key));
    return there !== undefined && sameEntry(there, entry);
  };
  return [found.size, has];
}
