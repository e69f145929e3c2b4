import { expect, it } from 'vitest';
import { createHistogram } from './histogram.ts';
import { createLatencyMeter } from './latency.ts';

it('a histogram counts up to each bound, and what is beyond all', () => {
  const histogram = createHistogram([0.1, 1]);
  for (const seconds of [0.05, 0.1, 0.5, 7, -1]) histogram.observe(seconds);
  expect(histogram.values).toEqual({ bounds: [0.1, 1], counts: [3, 4], count: 5, sum: 7.65 });
});

it('a service is measured when it is in force, from its oldest change that is answered by that', () => {
  let now = 1000;
  const meter = createLatencyMeter({ wall: () => 1_700_000_000_000 + now, steady: () => now });
  const at = (ms: number) => 1_700_000_000_000 + ms;
  meter.begin(['a', 'b', 'c'], {
    triggeredAt: new Map([
      ['a', at(900)],
      ['b', at(500)],
    ]),
    receivedAt: 990,
  });
  now = 1010;
  meter.written(new Set(['b']));
  expect(meter.latency.fromTrigger).toMatchObject({ count: 1, sum: 0.11 });
  expect(meter.latency.fromEvent).toMatchObject({ count: 2, sum: 0.04 });
  // Another change of what still waits, and of what was never triggered.
  meter.begin(['b', 'c'], { triggeredAt: new Map([['b', at(1400)]]), receivedAt: 1490 });
  now = 1500;
  meter.written(new Set());
  expect(meter.latency.fromTrigger).toMatchObject({ count: 2, sum: 1.11 });
  expect(meter.latency.fromEvent.count).toBe(4);
  expect(meter.latency.fromEvent.sum).toBeCloseTo(0.04 + 0.51 + 0.01, 9);
  meter.written(new Set());
  expect(meter.latency.fromEvent.count).toBe(4);
});
