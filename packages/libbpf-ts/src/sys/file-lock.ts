import { closeSync, fstatSync, readFileSync } from 'node:fs';
import { BpfError } from '../errors.ts';
import { openFolder } from '../link/attach-cgroup.ts';
import { errnoNumber } from './errno.ts';
import { lastErrno, libc } from './libc.ts';
import { OwnedFd } from './owned-fd.ts';

const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * An exclusive lock on a file or folder that exists (flock(2)), held until it is closed or the process ends, however it
 * ends. Any file system does, a BPF file system too: the lock is on the inode in memory, and nothing is written. It holds
 * against other locks of the same kind, those of this process included, and against nothing else.
 */
export class FileLock implements Disposable {
  readonly path: string;
  readonly #fd: OwnedFd;

  private constructor(fd: number, path: string) {
    this.path = path;
    this.#fd = new OwnedFd(fd, `lock of ${path}`, this);
  }

  /** Takes the lock; undefined when someone else has it. */
  static tryTake(path: string): FileLock | undefined {
    const fd = openFolder(path, 'lock');
    if (libc().flock(fd, LOCK_EX | LOCK_NB) === 0) return new FileLock(fd, path);
    const errno = lastErrno();
    closeSync(fd);
    if (errno === errnoNumber('EAGAIN')) return undefined;
    throw new BpfError({ errno, operation: 'lock', object: path });
  }

  /**
   * Process id of who holds the lock, as /proc/locks has it: undefined when nobody does, or when the holder is not to be
   * seen from the process ids of this one (another container).
   */
  static holder(path: string, read = () => readFileSync('/proc/locks', 'utf8')): number | undefined {
    const fd = openFolder(path, 'stat');
    try {
      const { dev, ino } = fstatSync(fd, { bigint: true });
      return holderIn(read(), dev, ino);
    } finally {
      closeSync(fd);
    }
  }

  /** Device and inode, to tell whether the path is still what was locked. */
  inode(): string {
    const { dev, ino } = fstatSync(this.#fd.value, { bigint: true });
    return `${dev}:${ino}`;
  }

  /** Again: does nothing. */
  close(): void {
    this.#fd.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** `1: FLOCK  ADVISORY  WRITE 4711 00:1f:23 0 EOF`: process id, device (hexadecimal) and inode. */
function holderIn(locks: string, dev: bigint, ino: bigint): number | undefined {
  const hex = (value: bigint) => value.toString(16).padStart(2, '0');
  const major = (dev >> 8n) & 0xfffn;
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xfff00n);
  const place = `${hex(major)}:${hex(minor)}:${ino}`;
  for (const line of locks.split('\n')) {
    const [, kind, , , pid, where] = line.trim().split(/\s+/);
    if (kind === 'FLOCK' && where === place && Number(pid) > 0) return Number(pid);
  }
  return undefined;
}
