import type { ServiceMapName } from '../catalog.ts';
import type { Entry } from './entry.ts';
import type { FrontendEntries } from './frontend-entries.ts';
import { MapFullError } from './map-full-error.ts';
import { ownEntries, type Projection } from './projection.ts';

/** Counts entries against the sizes of maps, frontend by frontend. */
export interface Room {
  /** Adds a frontend's entries, or throws a MapFullError and adds nothing. */
  admit(group: FrontendEntries, known: Pick<Projection, 'backends' | 'wildcards'>): void;
}

/** A Room for these sizes; undefined when no size is given, so that nobody counts in vain. */
export function createRoom(maxEntries: Readonly<Partial<Record<ServiceMapName, number>>>): Room | undefined {
  if (Object.keys(maxEntries).length === 0) return undefined;
  const used = new Map<ServiceMapName, number>();
  return {
    admit(group, { backends, wildcards }) {
      const added = new Map<ServiceMapName, number>();
      const add = ({ map }: Entry) => added.set(map, (added.get(map) ?? 0) + 1);
      for (const entry of ownEntries(group)) add(entry);
      for (const entry of group.backends)
        if (!backends.has((entry.key as { backendId: number }).backendId)) add(entry);
      if (group.wildcard && !wildcards.has((group.wildcard.key as { address: string }).address))
        add(group.wildcard);
      for (const [map, count] of added) {
        const needed = (used.get(map) ?? 0) + count;
        const max = maxEntries[map];
        if (max !== undefined && needed > max)
          throw new MapFullError(map, max, `frontend ${group.name}`, needed);
      }
      for (const [map, count] of added) used.set(map, (used.get(map) ?? 0) + count);
    },
  };
}
