import { expect, it } from 'vitest';
import { parseRetryAfter } from './api-request.ts';
import { Backoff } from './backoff.ts';

it('doubles the longest wait up to its limit, and starts over after a time without failures', () => {
  let now = 0;
  const backoff = new Backoff(
    { baseMs: 800, maxMs: 30_000, resetMs: 120_000 },
    () => 1,
    () => now,
  );
  expect(Array.from({ length: 8 }, () => backoff.next())).toEqual([
    800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000,
  ]);
  now = 120_000;
  expect(backoff.next()).toBe(30_000);
  now = 240_001;
  expect(backoff.next()).toBe(800);
});

it('has full jitter, on top of what the server asks for', () => {
  const backoff = new Backoff(
    { baseMs: 800, maxMs: 30_000, resetMs: 1 },
    () => 0,
    () => 0,
  );
  expect([backoff.next(), backoff.next(7)]).toEqual([0, 7000]);
});

it.each([
  ['3', 3],
  ['100000', 300],
  ['Thu, 01 Jan 1970 00:01:00 GMT', 60],
  ['Wed, 31 Dec 1969 00:00:00 GMT', 0],
  ['soon', undefined],
  [undefined, undefined],
])('Retry-After: %s is %s seconds', (value, seconds) => {
  expect(parseRetryAfter(value, 0)).toBe(seconds);
});
