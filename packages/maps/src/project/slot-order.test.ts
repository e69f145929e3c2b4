import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slotOrder } from './slot-order.ts';

/** Ids by slot. */
const slots = (ids: readonly number[], count: number, before: readonly number[]) =>
  slotOrder(ids, count, before).map((member) => ids[member]!);

describe('slotOrder', () => {
  it('keeps the order of members where nothing is in the maps', () => {
    expect(slots([5, 3, 4], 3, [])).toEqual([5, 3, 4]);
  });

  it('puts a new backend into the slot of the one that it replaces', () => {
    expect(slots([1, 2, 9, 4], 4, [1, 2, 3, 4])).toEqual([1, 2, 9, 4]);
    expect(slots([0, 1, 2, 4], 4, [1, 2, 3, 4])).toEqual([1, 2, 0, 4]);
  });

  it('moves the last one into the slot of one that went', () => {
    expect(slots([2, 3, 4], 3, [1, 2, 3, 4])).toEqual([4, 2, 3]);
  });

  it('moves one that gets no new flows behind those that do', () => {
    expect(slots([2, 3, 1], 2, [1, 2, 3])).toEqual([3, 2, 1]);
  });

  it('is not misled by what nobody of us wrote', () => {
    expect(slots([1, 2], 2, [1, 1, 1, 2, 7, 2])).toEqual([1, 2]);
  });

  it('gives each member one slot, on its side of the count, and moves no more than it must', () => {
    const set = fc
      .uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 20 })
      .chain((ids) => fc.record({ ids: fc.constant(ids), count: fc.nat({ max: ids.length }) }));
    fc.assert(
      fc.property(set, set, (before, after) => {
        const old = slots(before.ids, before.count, []);
        const order = slotOrder(after.ids, after.count, old);
        expect([...order].sort((a, b) => a - b)).toEqual(after.ids.map((_, i) => i));
        expect(order.every((member, slot) => member < after.count === slot < after.count)).toBe(true);
        // A slot is written for a member that was not there, or that stood beyond its side.
        const kept = after.ids.filter((id, member) => {
          const slot = old.indexOf(id);
          return (
            slot >= 0 &&
            (member < after.count ? slot < after.count : slot >= after.count && slot < after.ids.length)
          );
        });
        const unchanged = order.filter((member, slot) => after.ids[member] === old[slot]);
        expect(unchanged).toHaveLength(kept.length);
      }),
    );
  });
});
