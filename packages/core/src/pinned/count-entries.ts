import type { BpfMap } from 'libbpf-ts';

/** How many entries a hash table or trie has, by batches where the kernel has them. */
export function countEntries(map: BpfMap): number {
  let entries = 0;
  const batches = map.readBatches();
  if (batches !== undefined) for (const { count } of batches) entries += count;
  else for (const _ of map.keys()) entries++;
  return entries;
}
