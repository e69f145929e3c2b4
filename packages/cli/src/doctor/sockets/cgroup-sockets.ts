import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { probeSockets, type SocketProbe } from '@lbx/core';
import { defineCheck } from '../check.ts';
import type { Verdict } from '../finding.ts';

export interface CgroupFacts extends SocketProbe {
  /** The root of all cgroups, not just of those that this process may see. */
  readonly isRoot: boolean;
  /** Did the user name a folder below what is mounted here? A mount whose root is no root is that of a container. */
  readonly isPart: boolean;
  /** Is it mounted from above this process's own cgroup namespace? Then somebody gave it: the node, be it a container itself. */
  readonly isAbove: boolean;
  /** Has the user said that nothing outside of this container is meant? */
  readonly isSandbox: boolean;
  /** Is the lbx that is pinned attached right here? */
  readonly isInUse: boolean;
}

export const cgroupSocketsCheck = defineCheck<CgroupFacts>({
  id: 'cgroup-sockets',
  group: 'sockets',
  tries:
    'attaches programs that pass everything to the cgroup, connects and sends from this process and from one in a cgroup below, and counts whether they were asked',
  matters: 'connections of processes and pods to services are not balanced, and nothing says so',
  remedy:
    "--cgroup with the host's cgroup v2 root; in a container, mount the host's /sys/fs/cgroup (hostPath), with the cgroup namespace of the host",
  needsRoot: true,
  skips: ({ options, cgroup }) =>
    options.cgroup === false
      ? '--no-cgroup'
      : cgroup === undefined
        ? 'no cgroup v2 is mounted: see cgroup-mount'
        : undefined,
  async probe({ cgroup = '', options, read, pinned }) {
    // Only the root of all has no file of its own type.
    const isRoot = !existsSync(join(cgroup, 'cgroup.type'));
    const isPart =
      typeof options.cgroup === 'string' && !isMountPoint(cgroup, read('/proc/self/mounts') ?? '');
    const isAbove = isMountedFromAbove(cgroup, read('/proc/self/mountinfo') ?? '');
    const id = statSync(cgroup, { bigint: true, throwIfNoEntry: false })?.ino;
    const isInUse = (pinned?.links ?? []).some(({ info }) => id !== undefined && info.cgroupId === id);
    const isSandbox = options.sandbox;
    return { ...(await probeSockets(cgroup)), isRoot, isPart, isAbove, isSandbox, isInUse };
  },
  judge({ cgroup, own, child, childProblem, untried, isRoot, isPart, isAbove, isSandbox, isInUse }) {
    const verdicts: Verdict[] = [];
    const unseen = Object.entries(own).filter(
      ([hook, count]) => count === 0 && !untried.includes(hook as never),
    );
    const whose = "name the host's cgroup v2 root with --cgroup";
    if (unseen.length > 0) {
      verdicts.push({
        status: 'fail',
        found: `${cgroup} does not see the sockets of this process (${unseen.map(([hook]) => hook).join(', ')} was not asked): it is not on the way from the root to them`,
        remedy: whose,
      });
    }
    if (child?.connect4 === 0) {
      verdicts.push({
        status: 'fail',
        about: 'child',
        found: `a connection from a cgroup below ${cgroup} was not seen`,
        remedy: `${whose}; something between has detached or overridden programs (bpftool cgroup tree ${cgroup})`,
      });
    }
    if (!isRoot && !isPart && !isAbove && !isSandbox) {
      verdicts.push({
        // What is in force is no news to whoever put it there.
        status: isInUse ? 'warn' : 'fail',
        about: 'namespace',
        found: `${cgroup} is the root of a container (a cgroup namespace) only: processes and pods outside of it are not seen${isInUse ? '; lbx is attached there' : ''}`,
        remedy:
          "mount the host's /sys/fs/cgroup into the container (hostPath), and name it with --cgroup; --sandbox if only this container is meant",
      });
    } else if (!isRoot) {
      verdicts.push({
        status: 'note',
        about: 'part',
        found: isAbove
          ? `${cgroup} is given from above this container, and is not the root of the machine: right where the node itself is a container (kind, for example); only processes below it are balanced`
          : `${cgroup} is no root: only processes below it are balanced`,
      });
    }
    if (childProblem !== undefined)
      verdicts.push({
        status: 'note',
        about: 'child',
        found: `no process in a cgroup below was tried: ${childProblem}`,
      });
    if (verdicts.some(({ status }) => status === 'fail')) return verdicts;
    const hooks = Object.keys(own).length - untried.length;
    const ok: Verdict = {
      status: 'ok',
      found: `${cgroup} sees sockets on all ${hooks} hooks tried${child === undefined ? '' : ', and those of cgroups below'}`,
    };
    return [ok, ...verdicts];
  },
});

const isMountPoint = (path: string, mounts: string) =>
  mounts.split('\n').some((line) => isPath(line.split(' ')[1], path));

/** The kernel shows as `/..` what is outside of the reader's cgroup namespace. */
const isMountedFromAbove = (path: string, mountinfo: string) =>
  mountinfo.split('\n').some((line) => {
    const [, , , root = '', mountPoint] = line.split(' ');
    return isPath(mountPoint, path) && /^(\/\.\.)+$/.test(root);
  });

/** `field`: as in tables of mounts, where a space is written as a number. */
const isPath = (field: string | undefined, path: string) =>
  field?.replaceAll('\\040', ' ') === path.replace(/(.)\/+$/, '$1');
