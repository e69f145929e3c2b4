import type { MapLayout } from '../layouts/map-layout.ts';
import type { Cells } from './cells.ts';
import { countUntilError } from './count-until-error.ts';
import type { MemoryTableOptions } from './memory-table-options.ts';
import type { Table, UpdateFlag } from './table.ts';
import { TableCalls } from './table-calls.ts';

/** BPF arrays: every index below maxEntries is there from the start, zero, and stays. */
export class MemoryArray<K, V> implements Table<K, V> {
  readonly layout: MapLayout<K, V>;
  readonly maxEntries: number;
  readonly #cells: Cells<K, V>;
  readonly #written = new Map<number, unknown>();
  readonly #view: DataView;
  readonly #calls: TableCalls;

  constructor(layout: MapLayout<K, V>, cells: Cells<K, V>, options: MemoryTableOptions) {
    this.layout = layout;
    this.maxEntries = options.maxEntries ?? layout.maxEntries;
    this.#calls = new TableCalls(layout.name, this.maxEntries, options);
    this.#cells = cells;
    this.#view = new DataView(new ArrayBuffer(4));
  }

  get(key: K): V | undefined {
    this.#calls.admit('get', key);
    const index = this.#indexOf(key);
    return index < this.maxEntries ? this.#open(index, key) : undefined;
  }

  set(key: K, value: V, flag: UpdateFlag = 'any'): void {
    this.#calls.admit('set', key);
    const cell = this.#cells.close(value, key);
    const index = this.#indexOf(key);
    if (index >= this.maxEntries) throw this.#calls.error('E2BIG', 'set');
    if (flag === 'noexist') throw this.#calls.error('EEXIST', 'set');
    this.#written.set(index, cell);
  }

  /** Array elements cannot be deleted: always EINVAL. */
  delete(key: K): boolean {
    this.#calls.admit('delete', key);
    throw this.#calls.error('EINVAL', 'delete');
  }

  *entries(): IterableIterator<[K, V]> {
    const view = new DataView(new ArrayBuffer(4));
    for (let index = 0; index < this.maxEntries; index++) {
      view.setUint32(0, index, true);
      const key = this.layout.key.get(view, 0);
      yield [key, this.#open(index, key)];
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

  #open(index: number, key: K): V {
    return this.#cells.open(this.#written.get(index) ?? this.#cells.zero(), key);
  }

  #indexOf(key: K): number {
    this.layout.key.put(this.#view, 0, key);
    return this.#view.getUint32(0, true);
  }
}
