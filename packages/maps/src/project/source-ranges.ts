import type { Lb4SrcRangeKey } from '../layouts/source-range.ts';
import { SOURCE_RANGE_STATIC_BITS } from '../layouts/source-range.ts';
import { type Family, readAddress } from '../model/address.ts';
import { type Entry, entryId, mapsOf } from './entry.ts';

/**
 * Entries of the source ranges of one family. Host bits stay in the key; of two prefixes that differ only in them the
 * later one is written.
 */
export function sourceRangeEntries(
  ranges: readonly string[],
  family: Family,
  revNatId: number,
  frontend: string,
): readonly Entry[] {
  const map = mapsOf[family].sourceRange;
  const byId = new Map<string, Entry>();
  for (const range of ranges) {
    const slash = range.lastIndexOf('/');
    const address = readAddress(range.slice(0, slash))!;
    if (address.family !== family) continue;
    const prefixlen = SOURCE_RANGE_STATIC_BITS + Number(range.slice(slash + 1));
    const key: Lb4SrcRangeKey = { prefixlen, revNatId, addr: address.text };
    byId.set(entryId(map, key), { op: 'set', map, key, value: {}, frontend });
  }
  return [...byId.values()];
}
