import { expect, it } from 'vitest';
import { defaultSnatPorts, ephemeralPorts } from './snat-ports.ts';

it.each([
  [
    'the usual settings',
    [
      [30000, 32767],
      [32768, 60999],
    ],
    [10000, 29999],
  ],
  [
    'ephemeral ports from 1024',
    [
      [30000, 32767],
      [1024, 29999],
    ],
    [32768, 65535],
  ],
  [
    'a NodePort range inside of the ephemeral ports',
    [
      [30000, 32767],
      [20000, 60999],
    ],
    [10000, 19999],
  ],
  ['nothing taken', [], [10000, 65535]],
] as const)('default SNAT ports with %s', (_name, taken, expected) => {
  expect(defaultSnatPorts(taken as never)).toEqual(expected);
});

it('reads the ephemeral ports as the kernel writes them', () => {
  expect(ephemeralPorts(() => '32768\t60999\n')).toEqual([32768, 60999]);
  const [from, to] = ephemeralPorts();
  expect(from).toBeLessThan(to);
});
