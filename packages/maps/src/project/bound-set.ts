import type { IdHold, IdSpace } from '../ids/id-space.ts';
import type { Family } from '../model/address.ts';
import type { Backend } from '../model/backend.ts';
import type { BackendSet } from './backend-set.ts';
import { type Entry, mapsOf } from './entry.ts';
import { slotOrder } from './slot-order.ts';

/** What a frontend needs of its backends and their ids. There are hundreds of thousands: no more than that is kept. */
export interface BoundSet {
  /** In slot order; those in no slot are left out. */
  readonly members: readonly Backend[];
  /** The first so many members get new flows. */
  readonly count: number;
  /** Ids of the members, in slot order. */
  readonly ids: readonly number[];
  /** Entries of the backends maps, spare ones too. */
  readonly entries: readonly Entry[];
  readonly holds: readonly IdHold[];
}

/**
 * Takes the ids of a set's backends: of all or, when they run out (IdsExhaustedError), of none.
 * @param slots - backend ids by slot, as the maps have them: who is among them stays where it is, as far as that can be.
 */
export function bindSet(
  set: BackendSet,
  family: Family,
  backends: IdSpace,
  slots: readonly number[],
): BoundSet {
  const map = mapsOf[family].backends;
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
  const ids = set.members.map((_, i) => holds[i]!.id);
  const order = slots.length === 0 ? undefined : slotOrder(ids, set.count, slots);
  const members = set.members.map(({ backend }) => backend);
  return {
    members: order === undefined ? members : order.map((member) => members[member]!),
    count: set.count,
    // A copy has no room to spare, as a list has that grew.
    holds: holds.slice(),
    ids: order === undefined ? ids : order.map((member) => ids[member]!),
    entries: all.map(({ value }, i) => ({ op: 'set', map, key: { backendId: holds[i]!.id }, value })),
  };
}
