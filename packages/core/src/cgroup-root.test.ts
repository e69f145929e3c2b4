import { expect, it } from 'vitest';
import { findCgroup2, resolveCgroup } from './cgroup-root.ts';

it.each([
  ['cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n', '/sys/fs/cgroup'],
  [
    'cgroup /sys/fs/cgroup/cpu cgroup rw 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n',
    '/sys/fs/cgroup/unified',
  ],
  ['none /mnt/my\\040groups cgroup2 rw 0 0\n', '/mnt/my groups'],
  ['cgroup /sys/fs/cgroup/cpu cgroup rw 0 0\n', undefined],
])('finds the mount in %j', (mounts, path) => {
  expect(findCgroup2(mounts)).toBe(path);
});

it.each([
  [undefined, undefined, 'none is mounted; mount it with `mount -t cgroup2'],
  ['/lbx-none', '/sys/fs/cgroup', "cgroup '/lbx-none' is no folder; name a folder below /sys/fs/cgroup"],
  ['/tmp', undefined, "cgroup '/tmp' is no cgroup of version 2"],
])('refuses %s where cgroup v2 is at %s', (given, mount, message) => {
  expect(() => resolveCgroup(given, () => mount)).toThrow(
    expect.objectContaining({ code: 'LBX_NO_CGROUP2', message: expect.stringContaining(message) }),
  );
});
