import type { IdHold, IdSpace } from '../ids/id-space.ts';
import type { Backend } from '../model/backend.ts';
import { BackendEntries } from './backend-entries.ts';
import type { BackendSet } from './backend-set.ts';
import { slotOrder } from './slot-order.ts';

/** What a frontend needs of its backends and their ids. There are hundreds of thousands: no more than that is kept. */
export interface BoundSet {
  /** In slot order; those in no slot are left out. */
  readonly members: readonly Backend[];
  /** The first so many members get new flows. */
  readonly count: number;
  /** Ids of the members, in slot order. */
  readonly ids: readonly number[];
  /** All of them, spare ones too. */
  readonly entries: BackendEntries;
  readonly holds: readonly IdHold[];
}

/**
 * Takes the ids of a set's backends: of all or, when they run out (IdsExhaustedError), of none.
 * @param slots - backend ids by slot, as the maps have them: who is among them stays where it is, as far as that can be.
 */
export function bindSet(set: BackendSet, backends: IdSpace, slots: readonly number[]): BoundSet {
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
  const takenIds = set.members.map((_, i) => holds[i]!.id);
  const inOrder = set.members.map(({ backend }) => backend);
  const order = slots.length === 0 ? undefined : slotOrder(takenIds, set.count, slots);
  const ids = order === undefined ? takenIds : order.map((member) => takenIds[member]!);
  const members = order === undefined ? inOrder : order.map((member) => inOrder[member]!);
  const spare = set.spare.map(({ backend }) => backend);
  const spareIds = holds.slice(set.members.length).map(({ id }) => id);
  return {
    members,
    count: set.count,
    // A copy has no room to spare, as a list has that grew.
    holds: holds.slice(),
    ids,
    entries:
      spare.length === 0
        ? new BackendEntries(members, ids)
        : new BackendEntries([...members, ...spare], [...ids, ...spareIds]),
  };
}
