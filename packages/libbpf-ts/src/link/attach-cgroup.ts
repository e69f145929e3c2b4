import { closeSync, openSync } from 'node:fs';
import { BpfError, LibbpfError } from '../errors.ts';
import { permissionHint } from '../hint.ts';
import { type AttachType, attachTypes } from '../program-type.ts';
import { errnoNumber } from '../sys/errno.ts';
import { createLinkFd } from './create-link.ts';
import { KernelLink, type Link, type LinkedProgram } from './link.ts';

export interface CgroupOptions {
  /** Folder of a cgroup in the version 2 hierarchy. */
  readonly path: string;
  /** The hook; default is the program's own (from its section's name). */
  readonly type?: AttachType;
}

/** Attaches to a cgroup and all below it. Programs that are there already keep running: all of them are asked. */
export function attachCgroup(
  program: LinkedProgram & { readonly expectedAttachType: AttachType | undefined },
  options: CgroupOptions,
): Link {
  const type = options.type ?? program.expectedAttachType;
  if (type === undefined) {
    throw new LibbpfError(
      'LBX_UNKNOWN_TYPE',
      `the attach type of program ${program.name} is not known: give it as "type"`,
    );
  }
  const operation = `attach program ${program.name} to ${type} of cgroup`;
  const folder = openFolder(options.path, operation);
  try {
    const fd = createLinkFd({ programFd: program.fd, target: folder, attachType: attachTypes[type] });
    if (fd >= 0) return new KernelLink(fd, `${type} of cgroup ${options.path}`);
    throw new BpfError({ errno: fd, operation, object: options.path, hint: cgroupHint(fd, options.path) });
  } finally {
    closeSync(folder);
  }
}

/** Opens a folder or file for its fd, with an error that names the operation. The caller closes it. */
export function openFolder(path: string, operation: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    const errno = errnoNumber((cause as NodeJS.ErrnoException).code ?? 'EIO');
    throw new BpfError({ errno, operation, object: path, cause });
  }
}

/** What an errno of an operation on a cgroup means. */
export function cgroupHint(errno: number, path: string): string | undefined {
  switch (Math.abs(errno)) {
    case errnoNumber('EBADF'):
      return `${path} is no cgroup of version 2: /proc/mounts shows where "cgroup2" is mounted`;
    case errnoNumber('EINVAL'):
      return 'the program must have been loaded for this attach type';
    case errnoNumber('EPERM'):
      return (
        permissionHint(errno, ['CAP_BPF', 'CAP_NET_ADMIN']) ??
        'a program attached to a parent cgroup without BPF_F_ALLOW_MULTI forbids more'
      );
    default:
      return undefined;
  }
}
