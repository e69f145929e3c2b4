import { expect, test } from 'vitest';
import { eth } from './packet-builder.ts';
import { parsePacket } from './parse-packet.ts';
import { createRandom } from './random.ts';
import { spoilFrame } from './spoil-frame.ts';

const frame = eth().ipv4({ src: '203.0.113.5', dst: '198.51.100.1' }).tcp({ sport: 1, dport: 2 }).bytes();

test('the same seed gives the same numbers, another gives others', () => {
  const numbers = (seed: number) => Array.from(createRandom(seed).bytes(8));
  expect(numbers(1)).toEqual(numbers(1));
  expect(numbers(1)).not.toEqual(numbers(2));
});

test('numbers are spread over their range', () => {
  const random = createRandom(7);
  const counts = new Uint32Array(10);
  for (let i = 0; i < 10_000; i++) counts[random.below(10)]!++;
  for (const count of counts) expect(count).toBeGreaterThan(900);
});

test('spoilt frames are the same for a seed, differ from the good one, and never lack an Ethernet header', () => {
  const spoil = (seed: number) => spoilFrame(frame, createRandom(seed));
  let bad = 0;
  for (let seed = 0; seed < 500; seed++) {
    const spoilt = spoil(seed);
    expect(Buffer.compare(spoilt, spoil(seed))).toBe(0);
    expect(spoilt.length).toBeGreaterThanOrEqual(14);
    if (parsePacket(spoilt).problems.length > 0) bad++;
  }
  expect(bad).toBeGreaterThan(250);
  expect(parsePacket(frame).problems).toEqual([]);
});
