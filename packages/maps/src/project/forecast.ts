import { catalog, type ServiceMapName, serviceCatalog } from '../catalog.ts';
import type { MapsError } from '../errors.ts';
import type { IdSpace } from '../ids/id-space.ts';
import type { Ids } from '../ids/ids.ts';
import type { AnyLayout } from '../layouts/map-layout.ts';
import type { Entry } from './entry.ts';
import { MapFullError, type SizeKnobs } from './map-full-error.ts';
import { mapMemory, tableMemory } from './map-memory.ts';
import { ownEntries, type Projection } from './projection.ts';
import { shortages } from './shortages.ts';

/** One map: what it will hold and what that costs. */
export interface MapForecast {
  readonly map: string;
  /** Entries that are wanted; undefined of maps that packets fill. */
  readonly needed: number | undefined;
  readonly size: number;
  /** Kernel memory with the wanted entries; of maps that packets fill, and of those that take it all at once, when full. */
  readonly bytes: number;
}

/** Maglev tables: frontends with the same backends share one. */
export interface MaglevForecast {
  /** Frontends that use one. */
  readonly frontends: number;
  readonly tables: number;
  readonly bytes: number;
  /** What it would be if each frontend had its own. */
  readonly bytesUnshared: number;
}

export interface IdForecast {
  readonly needed: number;
  readonly used: number;
  /** Freed, and kept from others for a while. */
  readonly quarantined: number;
  readonly max: number;
}

/** What a projection takes, and what of it would not fit. */
export interface Forecast {
  readonly maps: readonly MapForecast[];
  readonly maglev: MaglevForecast;
  readonly ids?: { readonly frontends: IdForecast; readonly backends: IdForecast };
  /** Kernel memory of all these maps and Maglev tables. */
  readonly bytes: number;
  /** MapFullError and IdsExhaustedError: each names the limit, what is needed, and the option that raises it. */
  readonly problems: readonly MapsError[];
}

export interface ForecastOptions {
  /** Sizes of maps by name; where absent those of the layouts. */
  readonly maxEntries?: Readonly<Record<string, number>>;
  readonly knobs?: SizeKnobs;
  /** Possible CPUs of the node: what is kept per CPU is kept that often. */
  readonly cpus: number;
  /** Ids that the projection was made with. */
  readonly ids?: Ids;
  /** More maps to count: those that packets fill. `lb4_affinity` and `lb6_affinity` when absent. */
  readonly others?: readonly AnyLayout[];
}

/**
 * Tells before anything is written what a projection needs. Make it without `maxEntries`, so that it has what does not fit
 * as well; what it refused for want of room or ids is among the problems too. Pure.
 */
export function forecast(projection: Projection, options: ForecastOptions): Forecast {
  const {
    cpus,
    maxEntries = {},
    knobs = {},
    ids,
    others = [catalog.lb4_affinity, catalog.lb6_affinity],
  } = options;
  const needed = countEntries(projection);
  const sizeOf = (layout: AnyLayout) => maxEntries[layout.name] ?? layout.maxEntries;
  const memory = (layout: AnyLayout, entries: number) =>
    mapMemory(
      {
        type: layout.type,
        flags: layout.flags,
        keySize: layout.key.size,
        valueSize: layout.valueSize,
        maxEntries: sizeOf(layout),
      },
      entries,
      cpus,
    );
  const maps = [
    ...Object.values(serviceCatalog).map((layout: AnyLayout): MapForecast => {
      const count = needed.get(layout.name as ServiceMapName) ?? 0;
      return { map: layout.name, needed: count, size: sizeOf(layout), bytes: memory(layout, count) };
    }),
    ...others.map((layout): MapForecast => {
      const size = sizeOf(layout);
      return { map: layout.name, needed: undefined, size, bytes: memory(layout, size) };
    }),
  ];
  const maglev = maglevForecast(projection);
  const problems: MapsError[] = [];
  for (const { map, needed = 0, size } of maps) {
    if (needed > size)
      problems.push(new MapFullError(map as ServiceMapName, size, 'the projection', { needed, knobs }));
  }
  problems.push(...shortages(projection));
  const spaces = ids && {
    frontends: idForecast(ids.frontends, projection.frontends.size),
    backends: idForecast(ids.backends, projection.backends.size),
  };
  return {
    maps,
    maglev,
    ...(spaces === undefined ? {} : { ids: spaces }),
    bytes: maps.reduce((sum, { bytes }) => sum + bytes, maglev.bytes),
    problems,
  };
}

function countEntries({ frontends, backends, wildcards }: Projection): Map<ServiceMapName, number> {
  const counts = new Map<ServiceMapName, number>();
  const count = ({ map }: Pick<Entry, 'map'>) => counts.set(map, (counts.get(map) ?? 0) + 1);
  backends.forEach(count);
  wildcards.forEach(count);
  for (const group of frontends.values()) for (const entry of ownEntries(group)) count(entry);
  return counts;
}

function maglevForecast({ frontends }: Projection): MaglevForecast {
  const tables = new Set<Uint32Array>();
  let users = 0;
  let bytesUnshared = 0;
  for (const { others } of frontends.values()) {
    for (const { value } of others) {
      if (!(value instanceof Uint32Array)) continue;
      tables.add(value);
      users++;
      bytesUnshared += tableMemory(value.length);
    }
  }
  const bytes = [...tables].reduce((sum, table) => sum + tableMemory(table.length), 0);
  return { frontends: users, tables: tables.size, bytes, bytesUnshared };
}

function idForecast(space: IdSpace, needed: number): IdForecast {
  return { needed, used: space.size, quarantined: space.quarantined, max: space.max };
}
