/**
 * Kernel numbers of the map types (`enum bpf_map_type`, Linux 6.18), under the kernel's names in lower case.
 * `cgroup_storage` and `percpu_cgroup_storage` are deprecated in the kernel in favour of `cgrp_storage`.
 */
export const mapTypes = {
  unspec: 0,
  hash: 1,
  array: 2,
  prog_array: 3,
  perf_event_array: 4,
  percpu_hash: 5,
  percpu_array: 6,
  stack_trace: 7,
  cgroup_array: 8,
  lru_hash: 9,
  lru_percpu_hash: 10,
  lpm_trie: 11,
  array_of_maps: 12,
  hash_of_maps: 13,
  devmap: 14,
  sockmap: 15,
  cpumap: 16,
  xskmap: 17,
  sockhash: 18,
  cgroup_storage: 19,
  reuseport_sockarray: 20,
  percpu_cgroup_storage: 21,
  queue: 22,
  stack: 23,
  sk_storage: 24,
  devmap_hash: 25,
  struct_ops: 26,
  ringbuf: 27,
  inode_storage: 28,
  task_storage: 29,
  bloom_filter: 30,
  user_ringbuf: 31,
  cgrp_storage: 32,
  arena: 33,
} as const;

/** A map type by its kernel name in lower case: `'hash'`, `'lru_hash'`, `'lpm_trie'`, `'ringbuf'` and so on. */
export type MapType = keyof typeof mapTypes;

const names = new Map<number, MapType>(Object.entries(mapTypes).map(([name, n]) => [n, name as MapType]));

/** The name of a map type's kernel number, or undefined when it is newer than this library. */
export function mapTypeName(number: number): MapType | undefined {
  return names.get(number);
}

/** Types that keep one value per possible CPU; from user space a value is `8-byte-aligned size × CPUs` long. */
export function isPerCpuMapType(type: MapType): boolean {
  return (
    type === 'percpu_hash' ||
    type === 'percpu_array' ||
    type === 'lru_percpu_hash' ||
    type === 'percpu_cgroup_storage'
  );
}

/** Types whose values are other maps. */
export function isMapInMapType(type: MapType): boolean {
  return type === 'array_of_maps' || type === 'hash_of_maps';
}
