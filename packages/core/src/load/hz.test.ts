import { expect, it } from 'vitest';
import { hzFromUptime } from './hz.ts';

/** Low 32 bits of the kernel's count, which begins 300 seconds before they wrap. */
const jiffiesAt = (rate: number, seconds: number) => (rate * (seconds - 300)) >>> 0;

it.each([100, 250, 300, 1000])('%d jiffies per second, minutes and years after the boot', (rate) => {
  for (const seconds of [10, 200, 400, 3600, 86_400, 1e8])
    expect(hzFromUptime(jiffiesAt(rate, seconds) + 3, seconds)).toBe(rate);
});

it('does not guess when several rates fit, or none', () => {
  expect(hzFromUptime(jiffiesAt(250, 300.5), 300.5)).toBe(undefined);
  expect(hzFromUptime(jiffiesAt(250, 3600) + 5000, 3600)).toBe(undefined);
});
