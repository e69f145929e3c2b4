import { expect, it } from 'vitest';
import { featuresOf } from './xdp-features.ts';

it.each([
  [0n, []],
  [1n, ['basic']],
  [0x27n, ['basic', 'redirect', 'redirect-target', 'frags']],
  [0x1_0000_0040n, ['redirect-target-frags']],
])('bits %i', (bits, features) => expect([...featuresOf(bits)]).toEqual(features));
