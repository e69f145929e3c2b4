import type { IdHold, IdSpace } from '../ids/id-space.ts';
import type { BackendSet } from './backend-set.ts';
import { type Entry, mapsOf } from './entry.ts';

/** A backend set with its ids. */
export interface BoundSet {
  readonly set: BackendSet;
  /** Ids of the members, in slot order. */
  readonly ids: readonly number[];
  /** Entries of the backends maps, spare ones too. */
  readonly entries: readonly Entry[];
  readonly holds: readonly IdHold[];
}

/** Takes the ids of a set's backends, in slot order: of all or, when they run out (IdsExhaustedError), of none. */
export function bindSet(set: BackendSet, backends: IdSpace): BoundSet {
  const map = mapsOf[set.family].backends;
  const all = [...set.members, ...set.spare];
  const holds: IdHold[] = [];
  const fresh: string[] = [];
  try {
    for (const { name } of all) {
      const { size } = backends;
      holds.push(backends.take(name));
      if (backends.size > size) fresh.push(name);
    }
  } catch (error) {
    for (const name of fresh) backends.release(name);
    throw error;
  }
  return {
    set,
    holds,
    ids: holds.slice(0, set.members.length).map(({ id }) => id),
    entries: all.map(({ value }, i) => ({ op: 'set', map, key: { backendId: holds[i]!.id }, value })),
  };
}
