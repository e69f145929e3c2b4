import { expect, it } from 'vitest';
import { type BenchRow, floorsOf, minAndMedian } from './bench-row.ts';

const row = (name: string, more: Partial<BenchRow> = {}): BenchRow => ({
  suite: 'datapath',
  case: name,
  unit: 'ns',
  min: 1,
  median: 2,
  runs: 3,
  ...more,
});

it.each([
  [[3], { min: 3, median: 3 }],
  [[30, 4, 100], { min: 4, median: 30 }],
  [[9, 100, 10, 8], { min: 8, median: 10 }],
])('of %j', (values, wanted) => {
  const given = [...values];
  expect(minAndMedian(values)).toEqual(wanted);
  expect(values).toEqual(given);
});

it('a row is held against the last floor above it of its suite, unit and number of keys, or the one it names', () => {
  const rows = [
    row('first'),
    row('floor-named'),
    row('floor'),
    row('floor-64k'),
    row('floor-bytes', { unit: 'B' }),
    row('hit'),
    row('hit-64k'),
    row('size', { unit: 'B' }),
    row('chosen', { floor: 'floor-named' }),
    row('other', { suite: 'forward' }),
  ];
  const found = [...floorsOf(rows)].map(([one, floor]) => [one.case, floor.case]);
  expect(found).toEqual([
    ['hit', 'floor'],
    ['hit-64k', 'floor-64k'],
    ['size', 'floor-bytes'],
    ['chosen', 'floor-named'],
  ]);
});
