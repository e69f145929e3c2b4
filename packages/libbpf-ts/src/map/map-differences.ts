import type { MapSpec } from '../spec/map-spec.ts';
import type { MapInfo } from './map-info.ts';

const compared = ['type', 'keySize', 'valueSize', 'maxEntries', 'flags'] as const;

/** Flags that the kernel or a loader adds or that say how a map was opened: they do not make it another map. */
const BPF_F_RDONLY = 1 << 3;
const BPF_F_WRONLY = 1 << 4;
const ignoredFlags = BPF_F_RDONLY | BPF_F_WRONLY;
/** The kernel sets it on every devmap. */
const BPF_F_RDONLY_PROG = 1 << 7;

/** All fields that `expect` names and the map has otherwise, one phrase each; names are compared by nobody. */
export function mapDifferences(info: MapInfo, expect: Partial<MapSpec>): string[] {
  const differences: string[] = [];
  const ignored = ignoredFlags | (info.type.startsWith('devmap') ? BPF_F_RDONLY_PROG : 0);
  for (const field of compared) {
    const wanted = expect[field];
    if (wanted === undefined || wanted === info[field]) continue;
    if (field === 'flags' && ((Number(wanted) ^ info.flags) & ~ignored) === 0) continue;
    const show = (value: string | number) => (field === 'flags' ? `0x${Number(value).toString(16)}` : value);
    differences.push(`${field}: it has ${show(info[field])}, expected ${show(wanted)}`);
  }
  return differences;
}
