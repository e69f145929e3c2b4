import type { MutableMap } from '../ids/id-map.ts';
import { isLikeSlot, type SlotEntries, type SlotEntry, slotLike } from '../project/slot-entries.ts';

/** Where there is no slot, or one that is not like the others. */
const none = -1;

/**
 * What the maps hold of the slots of one frontend: backend ids, as long as the slots are alike otherwise (as those that
 * we write are); others as they are. Iterates by slot; entries are made when they are asked for.
 */
export class WrittenSlots implements MutableMap<number, SlotEntry> {
  /** By slot less one. */
  readonly #ids: number[] = [];
  #like: SlotEntry | undefined;
  #alike = 0;
  #odd: Map<number, SlotEntry> | undefined;

  get size(): number {
    return this.#alike + (this.#odd?.size ?? 0);
  }

  /** The backend of a slot; undefined: there is no such slot. */
  backendOf(slot: number): number | undefined {
    const id = this.#ids[slot - 1];
    return id === undefined || id === none ? this.#odd?.get(slot)?.value.backendId : id;
  }

  /** Backend ids by slot, up to the first slot that is not there. */
  backends(): readonly number[] {
    const ids: number[] = [];
    for (let id = this.backendOf(1); id !== undefined; id = this.backendOf(ids.length + 1)) ids.push(id);
    return ids;
  }

  get(slot: number): SlotEntry | undefined {
    const id = this.#ids[slot - 1];
    return id === undefined || id === none ? this.#odd?.get(slot) : slotLike(this.#like!, slot, id);
  }

  has(slot: number): boolean {
    return this.backendOf(slot) !== undefined;
  }

  /** The slots that are not there as they are wanted. */
  *differing(wanted: SlotEntries): IterableIterator<number> {
    const alike = this.#like !== undefined && wanted.isLike(this.#like);
    for (let slot = 1; slot <= wanted.length; slot++) {
      const odd = this.#odd?.get(slot);
      const same = odd === undefined ? alike : wanted.isLike(odd);
      if (!same || this.backendOf(slot) !== wanted.ids[slot - 1]) yield slot;
    }
  }

  set(slot: number, entry: SlotEntry): this {
    this.delete(slot);
    if (this.#alike === 0) this.#take(entry);
    if (isLikeSlot(this.#like!, entry)) this.#put(slot, entry.value.backendId);
    else {
      this.#odd ??= new Map();
      this.#odd.set(slot, entry);
    }
    return this;
  }

  delete(slot: number): boolean {
    const id = this.#ids[slot - 1];
    if (id === undefined || id === none) return this.#odd?.delete(slot) ?? false;
    this.#alike -= 1;
    this.#ids[slot - 1] = none;
    while (this.#ids.at(-1) === none) this.#ids.pop();
    return true;
  }

  /** From now on slots like this one are the usual ones: none other is left. */
  #take(entry: SlotEntry): void {
    this.#like = entry;
    for (const [slot, odd] of this.#odd ?? []) {
      if (!isLikeSlot(entry, odd)) continue;
      this.#odd!.delete(slot);
      this.#put(slot, odd.value.backendId);
    }
  }

  #put(slot: number, backendId: number): void {
    // Without holes the array stays one.
    while (this.#ids.length < slot - 1) this.#ids.push(none);
    this.#ids[slot - 1] = backendId;
    this.#alike += 1;
  }

  *keys(): MapIterator<number> {
    const odd = [...(this.#odd?.keys() ?? [])];
    const last = Math.max(this.#ids.length, ...odd);
    for (let slot = 1; slot <= last; slot++) if (this.has(slot)) yield slot;
  }

  *entries(): MapIterator<[number, SlotEntry]> {
    for (const slot of this.keys()) yield [slot, this.get(slot)!];
  }

  *values(): MapIterator<SlotEntry> {
    for (const slot of this.keys()) yield this.get(slot)!;
  }

  [Symbol.iterator](): MapIterator<[number, SlotEntry]> {
    return this.entries();
  }

  forEach(call: (entry: SlotEntry, slot: number, map: ReadonlyMap<number, SlotEntry>) => void): void {
    for (const [slot, entry] of this) call(entry, slot, this);
  }
}
