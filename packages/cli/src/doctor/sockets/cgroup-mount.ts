import { statfsSync } from 'node:fs';
import { release } from 'node:os';
import { isBpffs } from '@lbx/core';
import { defineCheck } from '../check.ts';
import type { Verdict } from '../finding.ts';

export interface CgroupMountFacts {
  readonly path: string | undefined;
  readonly isCgroup2: boolean;
  /** Controllers of version 1 that take a socket's cgroup for themselves. */
  readonly v1: readonly string[];
  readonly kernel: string;
}

const cgroup2Magic = 0x63677270;

export const cgroupMountCheck = defineCheck<CgroupMountFacts>({
  id: 'cgroup-mount',
  group: 'sockets',
  tries: 'looks for cgroup v2 among the mounts, and for net_cls and net_prio of version 1',
  matters:
    'socket load balancing needs cgroup v2; before Linux 5.15 net_cls or net_prio switch it off for sockets they mark',
  remedy: 'mount -t cgroup2 none /sys/fs/cgroup/unified, or --no-cgroup',
  needsRoot: false,
  skips: ({ options }) => (options.cgroup === false ? '--no-cgroup' : undefined),
  probe: ({ cgroup, read }) => ({
    path: cgroup,
    isCgroup2: cgroup !== undefined && isCgroup2(cgroup),
    v1: ['net_cls', 'net_prio'].filter((name) =>
      new RegExp(`^\\S+ \\S+ cgroup \\S*\\b${name}\\b`, 'm').test(read('/proc/self/mounts') ?? ''),
    ),
    kernel: release(),
  }),
  judge({ path, isCgroup2, v1, kernel }) {
    if (path === undefined) {
      return [
        {
          status: 'fail',
          found: 'no cgroup v2 is mounted',
          remedy: 'mount -t cgroup2 none /sys/fs/cgroup/unified, or go without sockets: --no-cgroup',
        },
      ];
    }
    if (!isCgroup2)
      return [
        {
          status: 'fail',
          found: `${path} is no folder of cgroup v2`,
          remedy: 'name one with --cgroup; grep cgroup2 /proc/mounts shows where they are',
        },
      ];
    const ok: Verdict = { status: 'ok', found: `cgroup v2 at ${path}` };
    if (v1.length === 0) return [ok];
    const [major = 0, minor = 0] = kernel.split('.').map(Number);
    const hurts = major < 5 || (major === 5 && minor < 15);
    const about = v1.join(' and ');
    return [
      ok,
      hurts
        ? {
            status: 'warn',
            about,
            found:
              'version 1 is mounted: a socket that it has marked is asked at the root only, not in its own cgroup',
            remedy: 'boot with cgroup_no_v1=net_cls,net_prio, or use Linux 5.15',
          }
        : { status: 'note', about, found: 'version 1 is mounted; since Linux 5.15 that does no harm' },
    ];
  },
});

function isCgroup2(path: string): boolean {
  try {
    return !isBpffs(path) && statfsSync(path).type === cgroup2Magic;
  } catch {
    return false;
  }
}
