import { expect, it } from 'vitest';
import { ownTexts } from './own-texts.ts';

it('says the same, in objects of its own', () => {
  const value = {
    list: ['short', 'a text that is longer', 'Grüße, 世界 und \u{1f600}!', 'half of a pair: \ud83d', ''],
    others: [Number.NaN, -0, Number.POSITIVE_INFINITY, true, null, undefined, 2n],
    ['__proto__']: { own: 'not the prototype of anything' },
    nothing: undefined,
  };
  const copy = ownTexts(value) as typeof value;
  expect(copy).toStrictEqual(value);
  expect(Object.keys(copy)).toEqual(Object.keys(value));
  expect(copy.list).not.toBe(value.list);
});
