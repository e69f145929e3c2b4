import type { MapKey } from '../catalog.ts';
import type { Lb4Slot } from '../layouts/service.ts';
import type { Entry } from './entry.ts';

/** What a slot of a services map says. */
export type SlotEntry = Entry<'lb4_services_v2' | 'lb6_services_v2'> & {
  readonly key: MapKey<'lb4_services_v2'>;
  readonly value: Lb4Slot;
};

/**
 * The slots of a frontend, from 1 on: their backend ids, and one entry that all others are like but for slot and backend.
 * Entries are made when they are asked for: a cluster has hundreds of thousands, each ten times as large as its id.
 */
export class SlotEntries implements Iterable<SlotEntry> {
  readonly #like: SlotEntry;
  /** Backend ids by slot: the first is that of slot 1. */
  readonly ids: readonly number[];

  constructor(like: SlotEntry, ids: readonly number[]) {
    this.#like = like;
    this.ids = ids;
  }

  get length(): number {
    return this.ids.length;
  }

  /** The entry of a slot that there is. */
  entry(slot: number): SlotEntry {
    return slotLike(this.#like, slot, this.ids[slot - 1]!);
  }

  /** Is an entry, or what it stands for, like these but for slot and backend? */
  isLike(entry: SlotEntry): boolean {
    return isLikeSlot(this.#like, entry);
  }

  *[Symbol.iterator](): IterableIterator<SlotEntry> {
    for (let slot = 1; slot <= this.ids.length; slot++) yield this.entry(slot);
  }
}

/** A slot that says the same of everything but its number and its backend. */
export function slotLike(
  { map, key, value, frontend }: SlotEntry,
  slot: number,
  backendId: number,
): SlotEntry {
  const { address, dport, proto, scope } = key;
  const { count, revNatIndex, flags, flags2, qcount } = value;
  return {
    op: 'set',
    map,
    key: { address, dport, backendSlot: slot, proto, scope },
    value: { backendId, count, revNatIndex, flags, flags2, qcount },
    ...(frontend === undefined ? {} : { frontend }),
  };
}

/** Do two slots of one frontend say the same, but for their numbers and backends? */
export function isLikeSlot(a: SlotEntry, b: SlotEntry): boolean {
  if (a === b) return true;
  const [x, y] = [a.value, b.value];
  return (
    x.flags === y.flags &&
    x.revNatIndex === y.revNatIndex &&
    x.flags2 === y.flags2 &&
    x.count === y.count &&
    x.qcount === y.qcount &&
    a.key.proto === b.key.proto &&
    a.map === b.map
  );
}
