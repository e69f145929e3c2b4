import { expect, test } from 'vitest';
import { isKernelAtLeast } from './kernel-version.ts';

test.each([
  ['5.11', '5.10.0-28-amd64', false],
  ['5.11', '5.11.0', true],
  ['5.9', '5.10.1', true],
  ['5.9', '6.1.0-18-amd64', true],
  ['6.6', '5.15.0', false],
])('%s on %s', (version, running, expected) => {
  expect(isKernelAtLeast(version, running)).toBe(expected);
});
