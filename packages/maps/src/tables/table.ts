import type { MapLayout } from '../layouts/map-layout.ts';

/** `any` writes whatever is there, `noexist` only a new entry (else EEXIST), `exist` only over an old one (else ENOENT). */
export type UpdateFlag = 'any' | 'noexist' | 'exist';

/**
 * The one seam to the kernel: a map of one layout, in memory or pinned. Keys and values are objects of the layout; two
 * keys are the same when their bytes are. Errors are `TableError`s with the kernel's code.
 *
 * - `get` of an LPM map finds the longest prefix that holds the key.
 * - `delete` of what is not there returns false.
 * - `entries` gives each entry that is there throughout exactly once; the table may be changed meanwhile.
 * - Batch forms write in the given order and stop at the first error, whose `done` says how many entries went in.
 *   `deleteBatch` skips what is not there and returns how many it deleted.
 * - Maps of maps hold whole lookup tables: entries set with the same Uint32Array object share one inner map. A table
 *   once given must not be changed.
 */
export interface Table<K, V> {
  readonly layout: MapLayout<K, V>;
  readonly maxEntries: number;
  get(key: K): V | undefined;
  set(key: K, value: V, flag?: UpdateFlag): void;
  delete(key: K): boolean;
  entries(): IterableIterator<[K, V]>;
  setBatch(entries: Iterable<readonly [K, V]>): number;
  deleteBatch(keys: Iterable<K>): number;
}

// biome-ignore lint/suspicious/noExplicitAny: a table of whatever layout
export type AnyTable = Table<any, any>;
