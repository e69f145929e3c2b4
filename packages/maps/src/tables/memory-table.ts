import { MapsError } from '../errors.ts';
import type { MapLayout, MapType } from '../layouts/map-layout.ts';
import { byteCells, type Cells, lookupTableCells, perCpuCells } from './cells.ts';
import { countUntilError } from './count-until-error.ts';
import { type KeySpace, prefixKeys, wholeKeys } from './key-space.ts';
import { MemoryArray } from './memory-array.ts';
import type { MemoryTableOptions } from './memory-table-options.ts';
import type { Table, UpdateFlag } from './table.ts';
import { TableCalls } from './table-calls.ts';

interface Held {
  readonly key: Buffer;
  readonly cell: unknown;
}

/**
 * A map in memory with the kernel's semantics for its type: size limits, update flags, LRU eviction, prefix matching,
 * preset arrays. Differences that remain: an LRU map evicts exactly the entry that was written longest ago (the
 * kernel approximates, per CPU, and counts lookups by programs as use), and entries come in the order of insertion.
 */
export function createMemoryTable<K, V>(
  layout: MapLayout<K, V>,
  options: MemoryTableOptions = {},
): Table<K, V> {
  if (layout.type.includes('percpu')) {
    throw new MapsError('LBX_LAYOUT', `${layout.name} has a value per CPU: use createMemoryPerCpuTable`);
  }
  const cells = layout.type === 'hash_of_maps' ? lookupTableCells<K>() : byteCells(layout);
  return makeTable(layout, cells as Cells<K, V>, options);
}

/** A per-CPU map in memory: each entry has one value per CPU. */
export function createMemoryPerCpuTable<K, V>(
  layout: MapLayout<K, V>,
  options: MemoryTableOptions & { readonly cpus: number },
): Table<K, readonly V[]> {
  // The layout describes one CPU's value; the table hands out all of them.
  const shown = layout as unknown as MapLayout<K, readonly V[]>;
  return makeTable(shown, perCpuCells(layout, options.cpus), options);
}

function makeTable<K, V>(
  layout: MapLayout<K, V>,
  cells: Cells<K, V>,
  options: MemoryTableOptions,
): Table<K, V> {
  const isArray = layout.type === 'array' || layout.type === 'percpu_array';
  return isArray ? new MemoryArray(layout, cells, options) : new MemoryHash(layout, cells, options);
}

const isLru = (type: MapType) => type === 'lru_hash' || type === 'lru_percpu_hash';

/** Every keyed type: hash, LRU, LPM, map of maps. */
class MemoryHash<K, V> implements Table<K, V> {
  readonly layout: MapLayout<K, V>;
  readonly maxEntries: number;
  readonly #cells: Cells<K, V>;
  readonly #keys: KeySpace;
  readonly #options: MemoryTableOptions;
  readonly #held = new Map<string, Held>();
  readonly #scratch: Buffer;
  readonly #view: DataView;
  readonly #calls: TableCalls;

  constructor(layout: MapLayout<K, V>, cells: Cells<K, V>, options: MemoryTableOptions) {
    this.layout = layout;
    this.maxEntries = options.maxEntries ?? layout.maxEntries;
    this.#calls = new TableCalls(layout.name, this.maxEntries, options);
    this.#cells = cells;
    this.#keys = layout.type === 'lpm_trie' ? prefixKeys(layout.key.size) : wholeKeys;
    this.#options = options;
    this.#scratch = Buffer.alloc(layout.key.size);
    this.#view = new DataView(this.#scratch.buffer, this.#scratch.byteOffset, this.#scratch.byteLength);
  }

  get(key: K): V | undefined {
    this.#calls.admit('get', key);
    this.layout.key.put(this.#view, 0, key);
    const id = this.#keys.find(this.#scratch, (one) => this.#held.has(one));
    return id === undefined ? undefined : this.#cells.open(this.#held.get(id)!.cell, key);
  }

  set(key: K, value: V, flag: UpdateFlag = 'any'): void {
    this.#calls.admit('set', key);
    const cell = this.#close(key, value);
    this.layout.key.put(this.#view, 0, key);
    const id = this.#keys.idOf(this.#scratch);
    if (id === undefined) throw this.#calls.error('EINVAL', 'set');
    const exists = this.#held.has(id);
    if (flag === 'noexist' && exists) throw this.#calls.error('EEXIST', 'set');
    if (flag === 'exist' && !exists) throw this.#calls.error('ENOENT', 'set');
    const lru = isLru(this.layout.type);
    if (!exists && this.#held.size >= this.maxEntries) {
      if (!lru) throw this.#calls.error(this.layout.type === 'lpm_trie' ? 'ENOSPC' : 'E2BIG', 'set');
      this.#held.delete(this.#held.keys().next().value!);
    }
    if (exists && lru) this.#held.delete(id); // goes to the end: written last
    this.#held.set(id, { key: Buffer.from(this.#scratch), cell });
  }

  delete(key: K): boolean {
    this.#calls.admit('delete', key);
    this.layout.key.put(this.#view, 0, key);
    const id = this.#keys.idOf(this.#scratch);
    if (id === undefined) throw this.#calls.error('EINVAL', 'delete');
    return this.#held.delete(id);
  }

  *entries(): IterableIterator<[K, V]> {
    // The keys are taken first: an LRU rewrite moves entries to the end, and each is to come once.
    for (const id of [...this.#held.keys()]) {
      const held = this.#held.get(id);
      if (held === undefined) continue;
      const key = this.layout.key.decode(held.key);
      yield [key, this.#cells.open(held.cell, key)];
    }
  }

  setBatch(entries: Iterable<readonly [K, V]>): number {
    return countUntilError(entries, ([key, value]) => {
      this.set(key, value);
      return true;
    });
  }

  deleteBatch(keys: Iterable<K>): number {
    return countUntilError(keys, (key) => this.delete(key));
  }

  #close(key: K, value: V): unknown {
    const { tableSize } = this.#options;
    if (this.layout.type === 'hash_of_maps' && tableSize !== undefined) {
      if ((value as unknown as Uint32Array).length !== tableSize) throw this.#calls.error('EINVAL', 'set');
    }
    return this.#cells.close(value, key);
  }
}
