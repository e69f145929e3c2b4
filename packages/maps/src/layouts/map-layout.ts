import type { Struct } from '../codec/struct.ts';
import { plainValue, type ValueCodec } from '../codec/value-codec.ts';

/** BPF map types, by the kernel's names in lower case. */
export type MapType =
  | 'hash'
  | 'array'
  | 'percpu_hash'
  | 'percpu_array'
  | 'lru_hash'
  | 'lru_percpu_hash'
  | 'lpm_trie'
  | 'hash_of_maps'
  | 'sk_storage';

/** Flags of BPF_MAP_CREATE that occur here. */
export const MapFlag = {
  /** Entries are allocated when written. */
  noPrealloc: 0x1,
  /** Each CPU has its own LRU list. */
  noCommonLru: 0x2,
  /** Programs may only read. */
  readonlyProg: 0x80,
  /** Programs and user space may map the values (array). */
  mmapable: 0x400,
} as const;

/** What a BPF map holds: everything to create it, to write it, to read it and to explain it. */
export interface MapLayout<K, V, Name extends string = string> {
  /** Name of the map in our objects and pins; Cilium's is the same behind `cilium_`. */
  readonly name: Name;
  readonly type: MapType;
  /** Flags of BPF_MAP_CREATE, see MapFlag. */
  readonly flags: number;
  /** Default size; a table or a kernel map may be made with another. */
  readonly maxEntries: number;
  readonly key: Struct<K>;
  /** Of a per-CPU map: the value of one CPU. Of a map of maps: the content of an inner map. */
  readonly value: ValueCodec<K, V>;
  /** Bytes of a value as the kernel declares it: of a map of maps 4, the inner map's fd or id. */
  readonly valueSize: number;
  /** Of a map of maps: what the inner maps are. Their value size follows from the table's length. */
  readonly inner?: {
    readonly name: string;
    readonly type: 'array';
    readonly maxEntries: 1;
    readonly flags: number;
  };
  readonly doc: string;
}

// biome-ignore lint/suspicious/noExplicitAny: a layout of whatever key and value
export type AnyLayout = MapLayout<any, any>;

/** Key and value type of a layout. */
export type KeyOf<L> = L extends MapLayout<infer K, infer _V> ? K : never;
export type ValueOf<L> = L extends MapLayout<infer _K, infer V> ? V : never;

export interface LayoutOptions {
  readonly doc: string;
  /** Default 65536, Cilium's `bpf-lb-map-max`. */
  readonly maxEntries?: number;
  readonly flags?: number;
}

/** Declares a map whose value is one struct, or a value codec that looks at the key. */
export function mapLayout<const Name extends string, K, V>(
  type: MapType,
  name: Name,
  key: Struct<K>,
  value: Struct<V> | ValueCodec<K, V>,
  options: LayoutOptions,
): MapLayout<K, V, Name> {
  const codec = 'textFor' in value ? value : plainValue<K, V>(value);
  return Object.freeze({
    name,
    type,
    flags: options.flags ?? 0,
    maxEntries: options.maxEntries ?? 65536,
    key,
    value: codec,
    valueSize: codec.size,
    doc: options.doc,
  });
}
