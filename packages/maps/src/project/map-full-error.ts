import type { ServiceMapName } from '../catalog.ts';
import { MapsError } from '../errors.ts';

/** What the options are called that set the sizes of maps, in errors; `maxEntries.MAP` where absent. */
export type SizeKnobs = Readonly<Partial<Record<ServiceMapName, string>>>;

/** What is known of a lack of room. */
export interface MapFullDetail {
  /** Entries that would be there. */
  readonly needed?: number;
  /** How many of them are those that have no room, and were refused together. */
  readonly added?: number;
  readonly knobs?: SizeKnobs;
  readonly cause?: unknown;
}

/** A map has, or would have, no room for an entry. */
export class MapFullError extends MapsError {
  override readonly name = 'MapFullError';
  readonly map: ServiceMapName;
  readonly maxEntries: number;
  /** Entries that would be there, when known. */
  readonly needed: number | undefined;
  /** How many of them had no room, when known. */
  readonly added: number | undefined;
  /** The option that sets the size of the map. */
  readonly option: string;
  constructor(
    map: ServiceMapName,
    maxEntries: number,
    what: string,
    { needed, added, knobs = {}, cause }: MapFullDetail = {},
  ) {
    const option = knobs[map] ?? `maxEntries.${map}`;
    const count = needed === undefined ? '' : `, ${needed} entries are needed`;
    super(
      'LBX_MAP_FULL',
      `${what}: map ${map} is full (${maxEntries} entries${count}); raise the option ${option}`,
      cause === undefined ? undefined : { cause },
    );
    this.map = map;
    this.maxEntries = maxEntries;
    this.needed = needed;
    this.added = added;
    this.option = option;
  }
}
