import type { ServiceMapName } from '../catalog.ts';

/** Of one map. */
export interface WriteCount {
  /** Entries that it has now. */
  readonly entries: number;
  /** Entries that were put there or changed since the mirror was made, and that were deleted. */
  readonly sets: number;
  readonly deletes: number;
}

/** Counts entries and writes of maps, as they happen. */
export class WriteCounts {
  readonly #byMap = new Map<ServiceMapName, { entries: number; sets: number; deletes: number }>();

  get byMap(): ReadonlyMap<ServiceMapName, WriteCount> {
    return this.#byMap;
  }

  /** There is one more entry, or one less. */
  entries(map: ServiceMapName, by: 1 | -1): void {
    this.#of(map).entries += by;
  }

  /** One write was done. */
  write(map: ServiceMapName, kind: 'set' | 'delete'): void {
    if (kind === 'set') this.#of(map).sets += 1;
    else this.#of(map).deletes += 1;
  }

  #of(map: ServiceMapName) {
    let count = this.#byMap.get(map);
    if (count === undefined) {
      count = { entries: 0, sets: 0, deletes: 0 };
      this.#byMap.set(map, count);
    }
    return count;
  }
}
