import type { MapType } from '../map-type.ts';

/** What a map is made of. Sizes in bytes. */
export interface MapSpec {
  readonly name: string;
  readonly type: MapType;
  readonly keySize: number;
  readonly valueSize: number;
  /** 0 where the object leaves it open (an inner map's template, a perf event array: one per CPU). */
  readonly maxEntries: number;
  /** `BPF_F_*` flags of map creation. */
  readonly flags: number;
  /** Template of the maps inside a map of maps. */
  readonly innerSpec?: MapSpec;
  /** `'by_name'` when the object asks libbpf to pin the map under its name. */
  readonly pinning?: 'none' | 'by_name';
  /** C name of the key's type: `"struct lb4_key"`, `"__u32"`. */
  readonly keyTypeName?: string;
  /** C name of the value's type. */
  readonly valueTypeName?: string;
  /** The key's type in the object's BTF. */
  readonly keyTypeId?: number;
  /** The value's type in the object's BTF. */
  readonly valueTypeId?: number;
  /** Type specific: number of hash functions of a bloom filter, address of an arena. */
  readonly extra?: bigint;
  readonly numaNode?: number;
  /** Initial slots of a map of maps (names of maps) or a program array (names of programs). */
  readonly values?: readonly { readonly index: number; readonly name: string }[];
  /** ELF section behind an internal map; absent for declared ones. */
  readonly section?: string;
  /** Initial contents of an internal map, as long as `valueSize`. */
  readonly contents?: Uint8Array;
}
