import { expect, it } from 'vitest';
import { parseRetryAfter } from './api-request.ts';
import { Backoff, defaultBackoff } from './backoff.ts';

it('doubles the longest wait, from 0.8 s up to 30 s', () => {
  const backoff = new Backoff(defaultBackoff, () => 1);
  const waits = Array.from({ length: 8 }, () => backoff.next());
  expect(waits).toEqual([800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
});

it('starts over only after two minutes in good health', () => {
  let now = 0;
  const backoff = new Backoff(
    defaultBackoff,
    () => 1,
    () => now,
  );
  for (let i = 0; i < 8; i++) backoff.next();
  // Hours of failures, or of silence after one sign of life, are no health.
  now += 3_600_000;
  expect(backoff.next()).toBe(30_000);
  backoff.alive();
  now += 3_600_000;
  expect(backoff.next()).toBe(30_000);
  backoff.alive();
  now += 119_999;
  backoff.alive();
  expect(backoff.next()).toBe(30_000);
  backoff.alive();
  now += 120_000;
  backoff.alive();
  expect(backoff.next()).toBe(800);
});

it('has full jitter, on top of what the server asks for', () => {
  const backoff = new Backoff(defaultBackoff, () => 0);
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
