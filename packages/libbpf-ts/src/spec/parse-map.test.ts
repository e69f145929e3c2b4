import { describe, expect, test } from 'vitest';
import { type BtfRecord, buildBtf } from '../../test/build-btf.ts';
import { parseBtf } from '../btf/parse-btf.ts';
import { parseMap } from './parse-map.ts';

/** Types every case shares: 1 is u32, 2 a function, 3 a pointer to 1, 4 a pointer to 2, 5 an inner map's struct. */
const common: BtfRecord[] = [
  { kind: 1, name: 'u32', third: 4, tail: [32] },
  { kind: 13 },
  { kind: 2, third: 1 },
  { kind: 2, third: 2 },
  { kind: 4, third: 8, length: 1, tail: ['type', 8, 0] },
  { kind: 2, third: 5 }, // 6: pointer to an inner map
  { kind: 3, tail: [1, 1, 2] }, // 7: u32[2]: the number 2, an array
  { kind: 2, third: 7 }, // 8: __uint(…, 2)
];

type Attribute = readonly [name: string, what: number | readonly BtfRecord[]];

/** A map definition of attributes: a number n stands for `__uint(name, n)`, records for types of its own. */
function definition(attributes: readonly Attribute[]) {
  const records = [...common];
  const tail: (number | string)[] = [];
  attributes.forEach(([name, what], i) => {
    if (typeof what === 'number') {
      records.push({ kind: 3, tail: [1, 1, what] });
      records.push({ kind: 2, third: records.length });
    } else {
      records.push(...what);
    }
    tail.push(name, records.length, i * 64);
  });
  records.push({ kind: 4, third: attributes.length * 8, length: attributes.length, tail });
  return parseMap(parseBtf(buildBtf(records)), 'subject', records.length);
}

const pointerTo = (third: number): readonly BtfRecord[] => [{ kind: 2, third }];
const arrayOf = (element: number): readonly BtfRecord[] => [{ kind: 3, tail: [element, 1, 0] }];

test('numbers and types', () => {
  expect(
    definition([
      ['type', 1],
      ['key', pointerTo(1)],
      ['value_size', 24],
      ['max_entries', 9],
    ]),
  ).toEqual({
    spec: {
      name: 'subject',
      type: 'hash',
      keySize: 4,
      valueSize: 24,
      maxEntries: 9,
      flags: 0,
      keyTypeName: 'u32',
      keyTypeId: 1,
    },
  });
});

test('an inner map', () => {
  const { spec, valuesOffset } = definition([
    ['type', 12],
    ['max_entries', 3],
    ['values', arrayOf(6)],
  ]);
  expect(spec).toMatchObject({
    type: 'array_of_maps',
    valueSize: 4,
    innerSpec: { name: 'subject.inner', type: 'array' },
  });
  expect(valuesOffset).toBe(16);
});

describe('what is wrong is said', () => {
  test.each<[string, readonly Attribute[], RegExp]>([
    ['no type', [['max_entries', 1]], /map subject has no type; add __uint\(type/],
    ['a new type', [['type', 77]], /of type 77, which is newer than this library/],
    [
      'an unknown attribute',
      [
        ['type', 1],
        ['max_entires', 1],
      ],
      /unknown attribute max_entires; known are type, max_entries/,
    ],
    ['a number that is a type', [['type', pointerTo(1)]], /has type as u32 \*; write __uint\(type/],
    [
      'a type that is no pointer',
      [
        ['type', 1],
        ['key', arrayOf(1)],
      ],
      /has key as u32\[0\]; write __type\(key/,
    ],
    [
      'two sizes',
      [
        ['type', 1],
        ['key', pointerTo(1)],
        ['key_size', 8],
      ],
      /key_size 8, and its key u32 has 4 bytes/,
    ],
    [
      'pinning 2',
      [
        ['type', 1],
        ['pinning', 2],
      ],
      /pinning 2/,
    ],
    [
      'a key without size',
      [
        ['type', 1],
        ['key', pointerTo(2)],
      ],
      /has no size/,
    ],
    [
      'values of a hash',
      [
        ['type', 1],
        ['values', arrayOf(6)],
      ],
      /of type hash and has maps/,
    ],
    [
      'programs in a map of maps',
      [
        ['type', 12],
        ['values', arrayOf(4)],
      ],
      /array_of_maps and has programs/,
    ],
    [
      'maps in a program array',
      [
        ['type', 3],
        ['values', arrayOf(6)],
      ],
      /prog_array and has maps/,
    ],
    [
      'values of integers',
      [
        ['type', 12],
        ['values', arrayOf(3)],
      ],
      /has values as u32 \*\[0\]; write __array/,
    ],
    [
      'values not last',
      [
        ['type', 12],
        ['values', arrayOf(6)],
        ['max_entries', 1],
      ],
      /as the last attribute/,
    ],
    [
      'a large number',
      [['type', [{ kind: 19, length: 1, third: 8, tail: ['x', 0, 1] }]]],
      /has type 4294967296; it must fit/,
    ],
  ])('%s', (_, attributes, message) => {
    expect(() => definition(attributes)).toThrow(message);
  });

  test('not a struct', () => {
    const btf = parseBtf(buildBtf(common));
    expect(() => parseMap(btf, 'subject', 1)).toThrow(/map subject is defined as u32, not as a struct/);
  });
});
