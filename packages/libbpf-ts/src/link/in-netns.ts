import { closeSync, fstatSync } from 'node:fs';
import { BpfError } from '../errors.ts';
import { permissionHint } from '../hint.ts';
import { lastErrno, libc } from '../sys/libc.ts';
import { openFolder } from './attach-cgroup.ts';

const CLONE_NEWNET = 0x40000000;

/**
 * Runs `use` with this thread inside another network namespace, by the path of its file (`/run/netns/NAME`,
 * `/proc/PID/ns/net`), so that interfaces there can be named, attached to and queried. `use` must be synchronous: the
 * thread is back when it returns. Links stay where they were made. Needs CAP_SYS_ADMIN, unless the thread is there already.
 */
export function inNetns<T>(path: string, use: () => T): T {
  const home = openFolder('/proc/thread-self/ns/net', 'open network namespace');
  try {
    const there = openFolder(path, 'open network namespace');
    if (fstatSync(there).ino === fstatSync(home).ino) {
      closeSync(there);
      return use();
    }
    try {
      enter(there, path);
    } finally {
      closeSync(there);
    }
    try {
      return use();
    } finally {
      enter(home, 'this process began in');
    }
  } finally {
    closeSync(home);
  }
}

function enter(fd: number, path: string): void {
  if (libc().setns(fd, CLONE_NEWNET) >= 0) return;
  const errno = lastErrno();
  throw new BpfError({
    errno,
    operation: 'enter network namespace',
    object: path,
    hint: permissionHint(errno, ['CAP_SYS_ADMIN']),
  });
}
