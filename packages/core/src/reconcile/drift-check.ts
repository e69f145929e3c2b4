import {
  type AnyLayout,
  type AnyTable,
  type Difference,
  type Entry,
  entryId,
  type Found,
  noChanges,
  noteActual,
  type Projection,
  type ProjectionChanges,
  type ServiceMapName,
  serviceCatalog,
  type Tables,
  type Written,
} from '@lbx/maps';
import type { BoundEntry, BpfMap } from 'libbpf-ts';

/** Entries that are compared at once: about a millisecond, after which everything else has its turn. */
const sliceEntries = 256;

/** What a slice of a check found: how many entries differed, and what has to be planned anew for them. */
export interface DriftSlice {
  readonly found: Readonly<Record<Difference, number>>;
  readonly changes: ProjectionChanges;
}

export interface DriftSubject {
  /** Maps in the kernel; empty where the tables are in memory. */
  readonly maps: ReadonlyMap<string, BpfMap>;
  readonly tables: Tables;
  readonly written: Written;
  readonly desired: Projection;
}

/**
 * Compares the service maps with what was written to them, slice by slice. Everything is written in one thread, and
 * `written` is exact after each write: so each slice is right by itself, however much is written between two of them.
 * First what the maps hold is looked up in what is known, then the other way round: what is known must be there.
 */
export function* checkDrift(subject: DriftSubject): Generator<DriftSlice, void> {
  const seenRanges = new Set<string>();
  for (const map of Object.keys(serviceCatalog) as ServiceMapName[])
    yield* checkMap(map, subject, seenRanges);
  yield* checkMissing(subject, seenRanges);
}

const isRange = (map: ServiceMapName) => (serviceCatalog[map] as AnyLayout).type === 'lpm_trie';

function createSlice({ written, desired }: DriftSubject) {
  const found: Record<Difference, number> = { missing: 0, changed: 0, foreign: 0 };
  const changes = noChanges();
  return {
    found,
    changes,
    /** Is it as it should be? */
    note(actual: Found): boolean {
      const difference = noteActual(written, desired, changes, actual);
      if (difference !== undefined) found[difference]++;
      return difference === undefined;
    },
  };
}

/** Gives how many entries are as they should be. */
function* checkMap(
  map: ServiceMapName,
  subject: DriftSubject,
  seenRanges: Set<string>,
): Generator<DriftSlice, number> {
  let same = 0;
  for (const batch of batchesOf(map, subject)) {
    const slice = createSlice(subject);
    for (const found of batch) {
      if (hasOthersId(found, subject.written)) {
        deleteUnseen(map, found, subject);
        slice.found.foreign++;
        continue;
      }
      if (slice.note(found)) same++;
      if (isRange(map)) seenRanges.add(entryId(map, found.key));
    }
    yield slice;
  }
  return same;
}

/** Families share the ids of backends: is this the id of a backend of the other one? */
function hasOthersId({ map, key }: Found, { backends }: Written): boolean {
  if (!('backendId' in key) || 'revNatId' in key) return false;
  const owner = backends.get(key.backendId);
  return owner !== undefined && owner.map !== map;
}

/** Past the tables of the kernel: they would take it for the end of the backend that has the id, and of its flows. */
function deleteUnseen(map: ServiceMapName, { key }: Found, { maps, tables }: DriftSubject): void {
  const inKernel = maps.get(map);
  if (inKernel === undefined) (tables[map] as AnyTable).delete(key);
  else inKernel.delete((serviceCatalog[map] as AnyLayout).key.encode(key));
}

/** What a map holds, in batches that are read just before they are given: to be looked at at once. */
function* batchesOf(map: ServiceMapName, { maps, tables }: DriftSubject): Generator<Found[], void> {
  const layout: AnyLayout = serviceCatalog[map];
  const table: AnyTable = tables[map];
  const inKernel = maps.get(map);
  if (inKernel === undefined) {
    yield* slicesOf(map, table);
    return;
  }
  for (const { keys, values, count } of inKernel.readBatches(sliceEntries) ?? []) {
    const [keyView, valueView] = [viewOf(keys), viewOf(values)];
    const found: Found[] = [];
    for (let i = 0; i < count; i++) {
      const key = layout.key.get(keyView, i * layout.key.size);
      // A map of maps tells the id of the inner map, which the table knows how to read.
      const value =
        layout.inner === undefined ? layout.value.get(valueView, i * layout.valueSize, key) : table.get(key);
      if (value !== undefined) found.push({ map, key, value });
    }
    yield found;
  }
}

function* slicesOf(map: ServiceMapName, table: AnyTable): Generator<Found[], void> {
  let found: Found[] = [];
  for (const [key, value] of table.entries()) {
    found.push({ map, key, value } as Found);
    if (found.length < sliceEntries) continue;
    yield found;
    found = [];
  }
  yield found;
}

function* checkMissing(subject: DriftSubject, seenRanges: ReadonlySet<string>): Generator<DriftSlice, void> {
  const isThere = lookUp(subject);
  let slice = createSlice(subject);
  let ranges: Entry[] = [];
  let count = 0;
  for (const entry of subject.written.entries()) {
    const { map, key } = entry;
    // A lookup in a trie finds shorter prefixes too.
    if (!isRange(map)) {
      if (!isThere(map, key)) slice.note({ map, key });
    } else if (!seenRanges.has(entryId(map, key))) ranges.push(entry);
    if (++count % sliceEntries !== 0) continue;
    yield slice;
    slice = createSlice(subject);
  }
  // Those that were not seen may have been written since: then they are seen now.
  if (ranges.length > 0) {
    const there = new Set<string>();
    for (const map of new Set(ranges.map((range) => range.map)))
      for (const batch of batchesOf(map, subject))
        for (const found of batch) there.add(entryId(map, found.key));
    ranges = ranges.filter(({ map, key }) => subject.written.get(map, key) && !there.has(entryId(map, key)));
    for (const { map, key } of ranges) slice.note({ map, key });
  }
  yield slice;
}

/** Tells whether there is an entry of exactly that key. */
function lookUp({ maps, tables }: DriftSubject): (map: ServiceMapName, key: Entry['key']) => boolean {
  const bound = new Map<ServiceMapName, { readonly entry: BoundEntry; readonly key: DataView }>();
  return (map, key) => {
    let one = bound.get(map);
    if (one === undefined) {
      const entry = maps.get(map)?.bind();
      if (entry === undefined) return (tables[map] as AnyTable).get(key) !== undefined;
      one = { entry, key: viewOf(entry.key) };
      bound.set(map, one);
    }
    (serviceCatalog[map].key as { put(view: DataView, at: number, key: unknown): void }).put(one.key, 0, key);
    return one.entry.lookup();
  };
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
