import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { withoutSignals } from './without-signals.ts';

const blocked = () =>
  BigInt(`0x${/SigBlk:\s+([0-9a-f]+)/.exec(readFileSync('/proc/thread-self/status', 'utf8'))?.[1]}`);
const has = (signals: bigint, signal: number) => (signals & (1n << BigInt(signal - 1))) !== 0n;
const [SIGUSR2, SIGTERM, SIGPROF] = [12, 15, 27];

it('holds signals up while something runs, and not longer', () => {
  const before = blocked();
  const during = withoutSignals(blocked);
  for (const signal of [SIGUSR2, SIGTERM, SIGPROF]) expect(has(during, signal)).toBe(true);
  expect(blocked()).toBe(before);
});

it('lets them through again when it throws', () => {
  const before = blocked();
  expect(() =>
    withoutSignals(() => {
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(blocked()).toBe(before);
});
