import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IdMap } from './id-map.ts';

const id = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constantFrom(2 ** 21, 0xffff_ffff));

it('is a Map that iterates by number', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(id, fc.option(fc.string({ maxLength: 2 })))), (writes) => {
      const ours = new IdMap<string>();
      const model = new Map<number, string>();
      for (const [key, value] of writes) {
        if (value === null) expect(ours.delete(key)).toBe(model.delete(key));
        else {
          ours.set(key, value);
          model.set(key, value);
        }
        expect(ours.size).toBe(model.size);
        expect(ours.get(key)).toBe(model.get(key));
        expect(ours.has(key)).toBe(model.has(key));
      }
      const sorted = [...model].sort(([a], [b]) => a - b);
      expect([...ours]).toEqual(sorted);
      expect([...ours.entries()]).toEqual(sorted);
      expect([...ours.keys()]).toEqual(sorted.map(([key]) => key));
      expect([...ours.values()]).toEqual(sorted.map(([, value]) => value));
      const seen: [number, string][] = [];
      ours.forEach((value, key) => {
        seen.push([key, value]);
      });
      expect(seen).toEqual(sorted);
    }),
    { numRuns: 200 },
  );
});

it('keeps the highest number of its array', () => {
  const map = new IdMap<string>()
    .set(1, 'a')
    .set(2 ** 21 - 1, 'b')
    .set(2 ** 21, 'c');
  expect([...map]).toEqual([
    [1, 'a'],
    [2 ** 21 - 1, 'b'],
    [2 ** 21, 'c'],
  ]);
  expect([map.delete(2 ** 21 - 1), map.size, map.get(1)]).toEqual([true, 2, 'a']);
});
