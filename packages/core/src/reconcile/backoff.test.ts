import { expect, it } from 'vitest';
import { createBackoff } from './backoff.ts';

it('waits twice as long after each failure, up to a limit, less up to half by chance', () => {
  let chance = 0;
  const backoff = createBackoff({ firstMs: 100, maxMs: 1000, random: () => chance });
  const waits = [1, 2, 3, 4, 5, 6].map(() => {
    backoff.failed('a', 5000);
    return (backoff.get('a')?.nextAt ?? 0) - 5000;
  });
  expect(waits).toEqual([100, 200, 400, 800, 1000, 1000]);
  expect(backoff.get('a')?.attempts).toBe(6);
  chance = 1;
  backoff.failed('a', 5000);
  expect(backoff.get('a')?.nextAt).toBe(5500);
});

it('each has its own time, and the first of all is known', () => {
  const backoff = createBackoff({ firstMs: 100, random: () => 0 });
  backoff.failed('a', 0);
  backoff.failed('b', 50);
  expect([backoff.isWaiting('a', 99), backoff.isWaiting('a', 100), backoff.isWaiting('b', 100)]).toEqual([
    true,
    false,
    true,
  ]);
  expect(backoff.nextAt).toBe(100);
  backoff.forget('a');
  expect([backoff.nextAt, backoff.size, backoff.isWaiting('a', 0)]).toEqual([150, 1, false]);
  backoff.forget('b');
  expect(backoff.nextAt).toBeUndefined();
});
