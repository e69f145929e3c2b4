import { type Entry, entryId, ownEntries, type Projection, sameEntry } from '@lbx/maps';
import type { FrontendStatus } from '../status.ts';

/** For each wanted frontend: are all its entries, and those of its backends, in the maps as they should be? */
export function frontendStatus(
  desired: Projection | undefined,
  actual: ReadonlyMap<string, Entry>,
): FrontendStatus[] {
  if (desired === undefined) return [];
  const isThere = (entry: Entry) => {
    const found = actual.get(entryId(entry.map, entry.key));
    return found !== undefined && sameEntry(found, entry);
  };
  const wanted = [...desired.frontends.values()].map((group) => ({
    name: group.name,
    service: group.frontend.service,
    backends: group.backends.length,
    programmed: [...ownEntries(group)].every(isThere) && group.backends.every(isThere),
  }));
  const refused = desired.refused.map(({ name, service, error }) => ({
    name,
    service,
    backends: 0,
    programmed: false,
    error: error.message,
  }));
  return [...wanted, ...refused];
}
