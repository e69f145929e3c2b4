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

/** What the maps should hold. Immutable. */
export interface Projection {
  /** All entries under their ids (`${map} ${key in hex}`, see entryId); made when first asked for. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** Entries by frontend name. A frontend that did not change since the last projection has the same object. */
  readonly frontends: ReadonlyMap<string, FrontendEntries>;
  /** Entries of the backends maps by backend id. Of frontends that report different states the last one counts. */
  readonly backends: ReadonlyMap<number, Entry>;
  /** Wildcard entries by address. The first frontend of an address counts. */
  readonly wildcards: ReadonlyMap<string, Entry>;
  readonly refused: readonly Refusal[];
}

/** Entries that one frontend puts into the maps alone: all but backends and wildcard. */
export function* ownEntries(group: FrontendEntries): IterableIterator<Entry> {
  yield* group.others;
  yield* group.slots;
  yield group.master;
}

/** Makes a projection out of its parts. */
export function createProjection(parts: Omit<Projection, 'entries'>): Projection {
  let entries: Map<string, Entry> | undefined;
  return {
    ...parts,
    get entries() {
      entries ??= collect(parts);
      return entries;
    },
  };
}

function collect({ frontends, backends, wildcards }: Omit<Projection, 'entries'>): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  const add = (entry: Entry) => entries.set(entryId(entry.map, entry.key), entry);
  backends.forEach(add);
  for (const group of frontends.values()) for (const entry of ownEntries(group)) add(entry);
  wildcards.forEach(add);
  return entries;
}
