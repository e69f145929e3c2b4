import { MapsError } from '../errors.ts';
import type { MapLayout } from '../layouts/map-layout.ts';

/**
 * How a memory table keeps values. They are kept as bytes like in the kernel, so that what comes out is what the
 * codec reads, never the object that went in.
 */
export interface Cells<K, V> {
  /** Value to what is kept. Throws what the codec throws. */
  close(value: V, key: K): unknown;
  open(cell: unknown, key: K): V;
  /** The cell of an array element that nobody wrote. */
  zero(): unknown;
}

/** One value per entry. */
export function byteCells<K, V>(layout: MapLayout<K, V>): Cells<K, V> {
  return {
    close: (value, key) => layout.value.encode(value, key),
    open: (cell, key) => layout.value.decode(cell as Uint8Array, key),
    zero: () => new Uint8Array(layout.valueSize),
  };
}

/** One value per CPU and entry; always all of them are written, as by BPF_MAP_UPDATE_ELEM. */
export function perCpuCells<K, V>(layout: MapLayout<K, V>, cpus: number): Cells<K, readonly V[]> {
  return {
    close(values, key) {
      if (values.length !== cpus) {
        throw new MapsError(
          'LBX_SIZE',
          `${layout.name}: expected one value for each of ${cpus} CPUs, got ${values.length}`,
        );
      }
      return values.map((value) => layout.value.encode(value, key));
    },
    open: (cell, key) => (cell as Uint8Array[]).map((bytes) => layout.value.decode(bytes, key)),
    zero: () => Array.from({ length: cpus }, () => new Uint8Array(layout.valueSize)),
  };
}

/** Inner maps, by identity: whoever shares a lookup table shares the memory. */
export function lookupTableCells<K>(): Cells<K, Uint32Array> {
  return {
    close(table) {
      if (table instanceof Uint32Array) return table;
      throw new MapsError('LBX_FIELD_TYPE', 'a map of maps takes lookup tables: Uint32Array of backend ids');
    },
    open: (cell) => cell as Uint32Array,
    zero: () => new Uint32Array(0),
  };
}
