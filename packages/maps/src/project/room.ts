import type { ServiceMapName } from '../catalog.ts';
import type { FrontendEntries } from './frontend-entries.ts';
import { MapFullError, type SizeKnobs } from './map-full-error.ts';
import type { ResolvedOptions } from './options.ts';

/** Counts entries against the sizes of maps. Maps without a size are only counted. */
export class Room {
  readonly used: Map<ServiceMapName, number>;
  readonly #sizes: Readonly<Partial<Record<ServiceMapName, number>>>;
  readonly #knobs: SizeKnobs;

  /** @param used what was counted before, under other sizes. */
  constructor(
    { maxEntries, knobs }: Pick<ResolvedOptions, 'maxEntries' | 'knobs'>,
    used: ReadonlyMap<ServiceMapName, number> = new Map(),
  ) {
    this.#sizes = maxEntries;
    this.#knobs = knobs;
    this.used = new Map(used);
  }

  /**
   * Adds the entries of a frontend, and one to each map of `shared`: for entries that nobody has yet.
   * @throws MapFullError when they do not fit; nothing is added then.
   */
  admit(group: FrontendEntries, shared: readonly ServiceMapName[]): void {
    const added = countByMap(group, shared);
    for (const [map, count] of added) {
      const needed = (this.used.get(map) ?? 0) + count;
      const max = this.#sizes[map];
      if (max !== undefined && needed > max)
        throw new MapFullError(map, max, `frontend ${group.name}`, {
          needed,
          added: count,
          knobs: this.#knobs,
        });
    }
    for (const [map, count] of added) this.used.set(map, (this.used.get(map) ?? 0) + count);
  }

  /** Takes out what `admit` has added. */
  leave(group: FrontendEntries): void {
    for (const [map, count] of countByMap(group, [])) this.used.set(map, this.used.get(map)! - count);
  }

  /** An entry that several frontends shared is gone. */
  leaveShared(map: ServiceMapName): void {
    this.used.set(map, this.used.get(map)! - 1);
  }
}

function countByMap(group: FrontendEntries, shared: readonly ServiceMapName[]): Map<ServiceMapName, number> {
  const counts = new Map<ServiceMapName, number>();
  const { map } = group.master;
  counts.set(map, group.slots.length + 1);
  const add = (name: ServiceMapName) => counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const entry of group.others) add(entry.map);
  for (const name of shared) add(name);
  return counts;
}
