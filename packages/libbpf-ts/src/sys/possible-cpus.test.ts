import { expect, test } from 'vitest';
import { parseCpuList } from './possible-cpus.ts';

test.each([
  ['0\n', 1],
  ['0-3\n', 4],
  ['0-3,6', 5],
  ['0,2-4,8-15', 12],
])('CPU list %j', (list, count) => {
  expect(parseCpuList(list)).toBe(count);
});
