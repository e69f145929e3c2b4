import { describe, expect, it } from 'vitest';
import { SlotEntries, type SlotEntry } from '../project/slot-entries.ts';
import { WrittenSlots } from './written-slots.ts';

const slot = (backendSlot: number, backendId: number, flags = 0): SlotEntry =>
  ({
    op: 'set',
    map: 'lb4_services_v2',
    key: { address: '198.51.100.1', dport: 80, backendSlot, proto: 6, scope: 0 },
    value: { backendId, count: 0, revNatIndex: 1, flags, flags2: 0, qcount: 0 },
    frontend: '198.51.100.1:80/TCP',
  }) as SlotEntry;
const wanted = (ids: readonly number[], flags = 0) => new SlotEntries(slot(1, 0, flags), ids);

describe('WrittenSlots', () => {
  it('gives back every entry that was put there, like the others or not, whatever was put, changed and deleted', () => {
    const slots = new WrittenSlots();
    const expected = new Map<number, SlotEntry>();
    const put = (...entry: Parameters<typeof slot>) => {
      slots.set(entry[0], slot(...entry));
      expected.set(entry[0], slot(...entry));
    };
    const drop = (number: number) => expect(slots.delete(number)).toBe(expected.delete(number));
    const steps = [
      () => put(2, 20),
      () => put(5, 50),
      () => put(1, 10, 4),
      () => put(5, 51, 4),
      () => drop(9),
      () => put(2, 20, 4),
      () => put(3, 30, 4),
      () => put(3, 31, 5),
      () => drop(5),
      () => drop(2),
      () => drop(1),
      () => drop(3),
      () => put(1, 7),
    ];
    for (const step of steps) {
      step();
      expect([...slots]).toEqual([...expected].sort(([a], [b]) => a - b));
      expect(slots.size).toBe(expected.size);
      for (let number = 0; number < 7; number++) {
        expect(slots.get(number)).toEqual(expected.get(number));
        expect(slots.backendOf(number)).toBe(expected.get(number)?.value.backendId);
      }
    }
  });

  it('knows which slots are not as they are wanted', () => {
    const slots = new WrittenSlots();
    const differing = (ids: readonly number[], flags?: number) => [...slots.differing(wanted(ids, flags))];
    expect(differing([10, 20])).toEqual([1, 2]);
    slots.set(1, slot(1, 10)).set(2, slot(2, 20)).set(3, slot(3, 30));
    expect(differing([10, 20])).toEqual([]);
    expect(differing([10, 21, 30, 40])).toEqual([2, 4]);
    expect(differing([10, 20], 4)).toEqual([1, 2]);
    slots.set(2, slot(2, 20, 4));
    expect(differing([10, 20, 30])).toEqual([2]);
    expect(differing([10, 20, 30], 4)).toEqual([1, 3]);
    expect(slots.backends()).toEqual([10, 20, 30]);
    slots.delete(2);
    expect(slots.backends()).toEqual([10]);
  });
});
