import { type Capability, missingCapabilities } from 'libbpf-ts';
import { CoreError } from './errors.ts';

/** For attaching to devices and cgroups, for making maps and loading programs, and for programs that handle pointers freely. */
const needed: readonly Capability[] = ['CAP_NET_ADMIN', 'CAP_BPF', 'CAP_PERFMON'];

/**
 * Fails before anything is tried that would fail for want of privileges. CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON;
 * what else it is for fails by itself, or is left out, when it comes to it.
 * @param readStatus - what is in /proc/self/status; for tests.
 * @throws CoreError `LBX_NOT_ROOT` naming the missing capabilities.
 */
export function assertPrivileges(readStatus?: () => string): void {
  const missing = missingCapabilities(needed, readStatus);
  if (missing.length === 0) return;
  throw new CoreError(
    'LBX_NOT_ROOT',
    `loading and attaching BPF programs needs ${missing.join(' and ')}, which this process does not have; ` +
      'run it as root (sudo), or in a container that is given them',
    { missing },
  );
}
