import { MapFlag, type MapType } from '../layouts/map-layout.ts';

/** What decides how much memory a map takes. */
export interface MapShape {
  readonly type: MapType;
  /** See MapFlag. */
  readonly flags: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
}

/** Head of an element of a hash table, and what the kernel adds where elements are not allocated beforehand. */
const HASH_ELEMENT = 48;
const LIST_NODE = 8;
const BUCKET = 16;
const POINTER = 8;
const TRIE_NODE = 24;
const PAGE = 4096;

const up = (bytes: number, to: number) => Math.ceil(bytes / to) * to;

/**
 * Bytes of kernel memory that a map takes with `entries` entries, but for its fixed part of at most a page: what the
 * kernel itself says in `fdinfo` (memlock). Hash tables of lbx allocate elements when they are written; LRU ones and arrays
 * take everything at once. A value per CPU counts once for each possible CPU, and an LRU list per CPU rounds the size up
 * to a multiple of their number. Of a map of maps: the outer map; see tableMemory for the inner ones.
 */
export function mapMemory(shape: MapShape, entries: number, cpus: number): number {
  const { type, flags, maxEntries } = shape;
  const key = up(shape.keySize, 8);
  const value = up(shape.valueSize, 8);
  switch (type) {
    case 'array':
      return flags & MapFlag.mmapable ? up(value * maxEntries, PAGE) : value * maxEntries;
    case 'percpu_array':
      return (POINTER + value * cpus) * maxEntries;
    case 'lpm_trie':
      return (TRIE_NODE + shape.keySize - 4 + shape.valueSize) * entries;
    case 'sk_storage':
      return 0; // kept with each socket
    default:
      break;
  }
  const perCpu = type === 'percpu_hash' || type === 'lru_percpu_hash';
  const lru = type === 'lru_hash' || type === 'lru_percpu_hash';
  const size = lru && flags & MapFlag.noCommonLru ? up(maxEntries, cpus) : maxEntries;
  const buckets = BUCKET * 2 ** Math.ceil(Math.log2(Math.max(size, 1)));
  const element = HASH_ELEMENT + key + (perCpu ? POINTER : value);
  if (!lru && flags & MapFlag.noPrealloc) {
    const values = perCpu ? LIST_NODE + POINTER + value * cpus : 0;
    return buckets + (element + LIST_NODE + values) * entries;
  }
  // One element more for each CPU, so that an update of a full map finds one.
  const all = size + (lru || perCpu ? 0 : cpus);
  if (perCpu) return buckets + (element + value * cpus) * all;
  return buckets + element * all + (lru ? 0 : POINTER * cpus);
}

/** Bytes of one Maglev table: an array with one element. */
export function tableMemory(positions: number): number {
  return up(4 * positions, 8);
}
