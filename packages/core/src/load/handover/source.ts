import type { BpfMap } from 'libbpf-ts';
import type { OlderLayout } from './older-layouts.ts';

/** Key and value as bytes. */
export type Bytes = readonly [key: Uint8Array, value: Uint8Array];

/** A map that gives what it holds to its successor. */
export interface Source {
  readonly map: BpfMap;
  /** Of an array whose elements stand for numbers from there on (SNAT ports): the first of them. */
  readonly first: number;
  /** All entries, in the layout of the successor. */
  entries(): Iterable<Bytes>;
}

/** @param older - the layout that the map has, if it is not today's. */
export function sourceOf(map: BpfMap, first = 0, older?: OlderLayout): Source {
  return {
    map,
    first,
    *entries() {
      for (const [key, value] of map.entries()) {
        const entry = older === undefined ? ([key, value] as const) : older.convert(key, value);
        if (entry !== undefined) yield entry;
      }
    },
  };
}
