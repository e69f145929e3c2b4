import type { ServiceMapName } from '../catalog.ts';
import { MapsError } from '../errors.ts';

/** A map has, or would have, no room for an entry. */
export class MapFullError extends MapsError {
  readonly map: ServiceMapName;
  readonly maxEntries: number;
  /** Entries that would be there, when known. */
  readonly needed: number | undefined;
  /** The option that sets the size of the map. */
  readonly option: string;
  constructor(
    map: ServiceMapName,
    maxEntries: number,
    what: string,
    needed?: number,
    options?: ErrorOptions,
  ) {
    const option = `maxEntries.${map}`;
    const count = needed === undefined ? '' : `, ${needed} entries are needed`;
    super(
      'LBX_MAP_FULL',
      `${what}: map ${map} is full (${maxEntries} entries${count}); raise the option ${option}`,
      options,
    );
    this.map = map;
    this.maxEntries = maxEntries;
    this.needed = needed;
    this.option = option;
  }
}
