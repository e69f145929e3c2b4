import { readFileSync } from 'node:fs';
import { CoreError } from './errors.ts';

/** Bits of the effective capabilities: attaching needs the first, opening maps and programs by id the second. */
const needed = { CAP_NET_ADMIN: 12n, CAP_SYS_ADMIN: 21n } as const;

/**
 * Fails before anything is tried that would fail for want of privileges.
 * @throws CoreError `LBX_NOT_ROOT` naming the missing capabilities.
 */
export function assertPrivileges(read = () => readFileSync('/proc/self/status', 'utf8')): void {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(read())?.[1] ?? '0'}`);
  const missing = Object.entries(needed)
    .filter(([, bit]) => ((effective >> bit) & 1n) === 0n)
    .map(([name]) => name);
  if (missing.length === 0) return;
  throw new CoreError(
    'LBX_NOT_ROOT',
    `loading and attaching BPF programs needs ${missing.join(' and ')}, which this process does not have; ` +
      'run it as root (sudo), or in a privileged container',
    { missing },
  );
}
