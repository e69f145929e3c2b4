import { closeSync, readlinkSync, unlinkSync } from 'node:fs';
import { BpfError, LibbpfError } from './errors.ts';
import { pinHint } from './hint.ts';
import { Attr, command } from './sys/bpf.ts';
import { errnoNumber } from './sys/errno.ts';

/** Gives a kernel object a name on a bpffs, which keeps it after its fds are closed. */
export function pinObject(fd: number, path: string, object: string): void {
  const result = new Attr().string(0, path).u32(8, fd).run(command.objPin);
  if (result < 0) {
    throw new BpfError({ errno: result, operation: `pin at ${path}:`, object, hint: pinHint(result, path) });
  }
}

/** Opens what is pinned at a path; the caller closes it. `kind` is checked: LBX_WRONG_KIND names what is there. */
export function openPinnedFd(path: string, kind: 'map' | 'prog' | 'link', flags = 0): number {
  const result = new Attr().string(0, path).u32(12, flags).run(command.objGet);
  if (result < 0) {
    throw new BpfError({
      errno: result,
      operation: 'open pinned',
      object: `${kind} ${path}`,
      hint: pinHint(result, path),
    });
  }
  const found = objectKind(result);
  if (found !== kind) {
    closeSync(result);
    throw new LibbpfError('LBX_WRONG_KIND', `${path} is a pinned ${found}, not a ${kind}`);
  }
  return result;
}

/** Removes a pin. True when there was one. */
export function removePin(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch (cause) {
    const { errno = 0, code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return false;
    throw new BpfError({ errno: errno || errnoNumber('EIO'), operation: 'remove pin', object: path, cause });
  }
}

/** What a BPF fd is of: "map", "prog", "link", or what the kernel calls it. */
export function objectKind(fd: number): string {
  return readlinkSync(`/proc/self/fd/${fd}`).replace(/^anon_inode:\[?(?:bpf[-_])?([^\]]*)\]?$/, '$1');
}
