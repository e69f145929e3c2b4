import { expect, test } from 'vitest';
import { findCgroup2 } from './cgroup.ts';
import { isAbandoned, uniqueName } from './resource.ts';

test.each([
  ['unified', 'cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n', '/sys/fs/cgroup'],
  [
    'hybrid',
    'tmpfs /sys/fs/cgroup tmpfs rw 0 0\ncgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n',
    '/sys/fs/cgroup/unified',
  ],
  ['a space in the path', 'none /mnt/my\\040cg cgroup2 rw 0 0\n', '/mnt/my cg'],
  ['v1 only', 'cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n', undefined],
])('cgroup2 is found: %s', (_, mounts, expected) => {
  expect(findCgroup2(mounts)).toBe(expected);
});

test('names are unique and tell whether their maker runs', () => {
  const [first, second] = [uniqueName('some label'), uniqueName('some label')];
  expect(first).toMatch(/^lbxt-some_label-\d+-\d+$/);
  expect(second).not.toBe(first);
  expect(isAbandoned(first)).toBe(false);
  // Above every pid_max.
  expect(isAbandoned('lbxt-x-99999999-1')).toBe(true);
  expect(isAbandoned('eth0')).toBe(false);
});
