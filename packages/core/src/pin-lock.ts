import { statSync } from 'node:fs';
import { FileLock } from 'libbpf-ts';
import { CoreError } from './errors.ts';

/** How often a folder may be taken away between being opened and being locked. */
const attempts = 5;

/**
 * Makes a folder of pins this process's own: two that write the same maps would undo each other's work. The lock goes
 * with the process, `kill -9` included.
 * @throws CoreError `LBX_PINS_IN_USE` naming the process that has it.
 */
export function lockPins(pins: string): FileLock {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const lock = FileLock.tryTake(pins);
    if (lock === undefined) throw inUse(pins);
    // Whoever cleaned up meanwhile has removed what is locked now.
    if (inodeOf(pins) === lock.inode()) return lock;
    lock.close();
  }
  throw inUse(pins);
}

function inodeOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}`;
}

function inUse(pins: string): CoreError {
  const pid = FileLock.holder(pins);
  const who = pid === undefined ? 'a process that cannot be seen from here' : `process ${pid}`;
  return new CoreError(
    'LBX_PINS_IN_USE',
    `${pins} belongs to another load balancer that is running: ${who}. Stop that one first, or use another pin folder`,
    { pins, ...(pid === undefined ? {} : { pid }) },
  );
}
