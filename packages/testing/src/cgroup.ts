import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { type CommandPlace, createChildKeeper, type ExecOptions, execCommand, pause } from './command.ts';
import { TestingError } from './errors.ts';
import type { Netns } from './netns.ts';
import { closeOnce, isAbandoned, type Resource, uniqueName } from './resource.ts';

/** A cgroup (v2) of its own, below the root. */
export interface Cgroup extends CommandPlace, Resource {
  readonly path: string;
  /** The same cgroup for commands that shall run in a network namespace too. */
  in(netns: Netns): CommandPlace;
}

/**
 * Where cgroup v2 is mounted according to the text of /proc/mounts: /sys/fs/cgroup, or on a hybrid system
 * /sys/fs/cgroup/unified.
 */
export function findCgroup2(mounts: string): string | undefined {
  for (const line of mounts.split('\n')) {
    const [, where, type] = line.split(' ');
    if (type === 'cgroup2') return where!.replaceAll('\\040', ' ');
  }
  return undefined;
}

/**
 * Makes a cgroup for socket programs.
 *
 * @throws TestingError `LBX_TESTING_NO_CGROUP2` where cgroup v2 is not mounted.
 */
export function createCgroup(label: string): Cgroup {
  const root = findCgroup2(readFileSync('/proc/mounts', 'utf8'));
  if (root === undefined)
    throw new TestingError(
      'LBX_TESTING_NO_CGROUP2',
      'no cgroup2 in /proc/mounts: mount -t cgroup2 none /sys/fs/cgroup',
    );
  removeAbandoned(root);
  const path = `${root}/${uniqueName(label)}`;
  mkdirSync(path);
  const children = createChildKeeper();
  const close = closeOnce(() => {
    children.killAll();
    removeCgroup(path);
  });
  const join = (command: string, args: readonly string[]) => {
    if (!existsSync(path)) throw new TestingError('LBX_TESTING_CLOSED', `cgroup ${path} is closed`);
    return ['-c', 'echo $$ > "$0/cgroup.procs" && exec "$@"', path, command, ...args];
  };
  const enter = (ns: Netns, command: string, args: readonly string[]) =>
    join('nsenter', [`--net=${ns.path}`, '--', command, ...args]);
  return {
    path,
    exec: (command, args = [], options?: ExecOptions) => execCommand('sh', join(command, args), options),
    spawn: (command, args = [], options?: SpawnOptions): ChildProcess =>
      children.spawn('sh', join(command, args), options),
    in: (ns) => ({
      exec: (command, args = [], options?: ExecOptions) =>
        execCommand('sh', enter(ns, command, args), options),
      spawn: (command, args = [], options?: SpawnOptions): ChildProcess =>
        children.spawn('sh', enter(ns, command, args), options),
    }),
    close,
    [Symbol.dispose]: close,
  };
}

/** With those below. The members were started in there by us; rmdir is refused until the kernel has let go of them. */
function removeCgroup(path: string): void {
  for (const { name } of readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory()))
    removeCgroup(`${path}/${name}`);
  for (let attempt = 0; ; attempt++) {
    for (const pid of readFileSync(`${path}/cgroup.procs`, 'utf8').split('\n').filter(Boolean)) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
    try {
      rmdirSync(path);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY' || attempt === 200) throw error;
      pause(10);
    }
  }
}

function removeAbandoned(root: string): void {
  for (const name of readdirSync(root)) {
    if (!isAbandoned(name)) continue;
    try {
      removeCgroup(`${root}/${name}`);
    } catch {
      // Another test process was faster.
    }
  }
}
