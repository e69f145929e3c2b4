import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Capability, isInUserNamespace, missingCapabilities } from './sys/capabilities.ts';
import { errnoNumber } from './sys/errno.ts';
import { isKernelAtLeast } from './sys/kernel-version.ts';

const EPERM = errnoNumber('EPERM');
const EACCES = errnoNumber('EACCES');
const ENOMEM = errnoNumber('ENOMEM');

/** Magic number of bpffs in statfs(2), linux/magic.h. */
const BPF_FS_MAGIC = 0xcafe4a11;

/** What helps against a permission error on something that needs `capabilities`; undefined for other errnos. */
export function permissionHint(errno: number, capabilities: readonly Capability[]): string | undefined {
  const code = Math.abs(errno);
  if (code !== EPERM && code !== EACCES) return undefined;
  const missing = missingCapabilities(capabilities);
  if (missing.length > 0)
    return `this process lacks ${missing.join(' and ')}: run it as root or give it that`;
  if (isInUserNamespace()) {
    return 'BPF counts capabilities of the first user namespace only, and this process is in another (rootless container?)';
  }
  return undefined;
}

/** The same for creating maps, where old kernels charge RLIMIT_MEMLOCK. */
export function memoryHint(errno: number, capabilities: readonly Capability[]): string | undefined {
  const code = Math.abs(errno);
  const permission = permissionHint(code, capabilities);
  if (permission !== undefined) return permission;
  if (code === EPERM && !isKernelAtLeast('5.11')) {
    return 'before Linux 5.11 map memory counts against RLIMIT_MEMLOCK: raise it (ulimit -l unlimited, LimitMEMLOCK=infinity)';
  }
  if (code === ENOMEM)
    return 'not enough memory, or the limit of the memory cgroup was met: lower max_entries';
  return undefined;
}

/** Whether a path is on a bpffs. False too when it does not exist. */
function isOnBpffs(path: string): boolean {
  try {
    return statfsSync(path).type >>> 0 === BPF_FS_MAGIC;
  } catch {
    return false;
  }
}

/** What helps when pinning at, or opening, `path` failed. */
export function pinHint(errno: number, path: string): string | undefined {
  const folder = dirname(path);
  if (!existsSync(folder)) return `the folder ${folder} does not exist: mkdir -p ${folder} (on a bpffs)`;
  if (!isOnBpffs(folder)) {
    return `${folder} is not on a bpffs: mount -t bpf bpf /sys/fs/bpf, and pin below that`;
  }
  if (Math.abs(errno) === errnoNumber('EEXIST'))
    return 'something is pinned there: open it, or remove it first';
  return permissionHint(errno, ['CAP_BPF']);
}
