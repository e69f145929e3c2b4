import { expect, it } from 'vitest';
import { matchesAny } from './device-pattern.ts';

it.each([
  ['veth1a2b', ['veth*'], true],
  ['eth0', ['veth*'], false],
  ['lxc1', ['veth*', 'lxc?'], true],
  ['lxc12', ['veth*', 'lxc?'], false],
  ['cali0', ['cali0'], true],
  ['cali01', ['cali0'], false],
  ['ethx5', ['eth.5'], false],
  ['eth.5', ['eth.5'], true],
  ['lo', [], false],
])('%s among %o: %s', (name, patterns, expected) => {
  expect(matchesAny(name, patterns)).toBe(expected);
});
