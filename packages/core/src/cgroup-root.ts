import { readFileSync, statfsSync, statSync } from 'node:fs';
import { CoreError } from './errors.ts';

/** Magic number of cgroup v2, from statfs(2). */
const cgroup2Magic = 0x63677270;

/** Where cgroup v2 is mounted: /sys/fs/cgroup, or /sys/fs/cgroup/unified beside v1. undefined when it is not. */
export function findCgroup2(mounts = readFileSync('/proc/self/mounts', 'utf8')): string | undefined {
  for (const line of mounts.split('\n')) {
    const [, path, type] = line.split(' ');
    if (type === 'cgroup2' && path !== undefined) return path.replaceAll('\\040', ' ');
  }
  return undefined;
}

/** The cgroup folder to attach to: the given one, else the cgroup v2 root. @throws CoreError `LBX_NO_CGROUP2`. */
export function resolveCgroup(given: string | undefined, find = findCgroup2): string {
  const path = given ?? find();
  if (path === undefined) {
    throw new CoreError(
      'LBX_NO_CGROUP2',
      'socket load balancing needs cgroup v2, and none is mounted; mount it with ' +
        '`mount -t cgroup2 none /sys/fs/cgroup/unified`, or switch socket load balancing off (cgroup: false; lbx agent --no-cgroup)',
    );
  }
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isFolder && statfsSync(path).type === cgroup2Magic) return path;
  throw new CoreError(
    'LBX_NO_CGROUP2',
    `cgroup '${path}' is ${isFolder ? 'no cgroup of version 2' : 'no folder'}; name a folder below ${find() ?? 'a cgroup v2 mount'}`,
    { path },
  );
}
