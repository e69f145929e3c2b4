import type { MapsError } from '../errors.ts';
import { type Entry, entryId } from './entry.ts';
import type { FrontendEntries } from './frontend-entries.ts';

/** A frontend that gets no entries, and why. What the maps have of it is left alone by `plan`. */
export interface Refusal {
  /** Name of the frontend, or what was given for one. */
  readonly name: string;
  /** Names of all its places: of a NodePort one per node address too. */
  readonly names: readonly string[];
  readonly service: string;
  readonly error: MapsError;
}

/** What the maps should hold. That of a projector is always as it is now. */
export interface Projection {
  /** All entries under their ids (`${map} ${key in hex}`, see entryId). Made anew each time. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** Entries by frontend name. A frontend that did not change keeps its object. */
  readonly frontends: ReadonlyMap<string, FrontendEntries>;
  /** Names of frontends by their id. */
  readonly ids: ReadonlyMap<number, string>;
  /** Entries of the backends maps by backend id. Of services that report different states the last one counts. */
  readonly backends: ReadonlyMap<number, Entry>;
  /** Wildcard entries by address. Of several services the first one counts. */
  readonly wildcards: ReadonlyMap<string, Entry>;
  readonly refused: readonly Refusal[];
  /** How many refusals name a frontend. */
  readonly refusedNames: ReadonlyMap<string, number>;
}

/** Entries that one frontend puts into the maps alone: all but backends and wildcard. */
export function* ownEntries(group: FrontendEntries): IterableIterator<Entry> {
  yield* group.others;
  yield* group.slots;
  yield group.master;
}

/** All entries of a projection by their ids. */
export function collectEntries({
  frontends,
  backends,
  wildcards,
}: Pick<Projection, 'frontends' | 'backends' | 'wildcards'>): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  const add = (entry: Entry) => entries.set(entryId(entry.map, entry.key), entry);
  backends.forEach(add);
  for (const group of frontends.values()) for (const entry of ownEntries(group)) add(entry);
  wildcards.forEach(add);
  return entries;
}
