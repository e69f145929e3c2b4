import { type ServiceMapName, serviceCatalog } from '../catalog.ts';
import { type Entry, entryId } from '../project/entry.ts';
import type { Tables } from '../tables/memory-tables.ts';

/** What maps hold at one moment, by entry id (see entryId). */
export interface Snapshot {
  readonly entries: ReadonlyMap<string, Entry>;
}

/** Reads all entries of the maps that the control plane writes; a table that is not there is empty. */
export function readSnapshot(tables: Partial<Tables>): Snapshot {
  const entries = new Map<string, Entry>();
  for (const map of Object.keys(serviceCatalog) as ServiceMapName[]) {
    for (const [key, value] of tables[map]?.entries() ?? []) {
      entries.set(entryId(map, key), { map, key, value } as Entry);
    }
  }
  return { entries };
}
