import { readFileSync } from 'node:fs';

/** Bits of linux/capability.h. */
const bits = {
  CAP_NET_ADMIN: 12,
  CAP_SYS_ADMIN: 21,
  CAP_SYS_RESOURCE: 24,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
} as const;

export type Capability = keyof typeof bits;

/**
 * Which of `wanted` this process does not have in effect. CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON, as in the
 * kernel. Nothing when /proc cannot tell.
 * @param readStatus - what is in /proc/self/status; for tests.
 */
export function missingCapabilities(
  wanted: readonly Capability[],
  readStatus = () => readFileSync('/proc/self/status', 'utf8'),
): Capability[] {
  const effective = effectiveCapabilities(readStatus);
  if (effective === undefined) return [];
  const has = (name: Capability) => ((effective >> BigInt(bits[name])) & 1n) === 1n;
  return wanted.filter((name) => {
    const covered = (name === 'CAP_BPF' || name === 'CAP_PERFMON') && has('CAP_SYS_ADMIN');
    return !has(name) && !covered;
  });
}

function effectiveCapabilities(readStatus: () => string): bigint | undefined {
  try {
    const hex = /^CapEff:\s*([0-9a-f]+)/m.exec(readStatus())?.[1];
    return hex === undefined ? undefined : BigInt(`0x${hex}`);
  } catch {
    return undefined;
  }
}

/** True inside a user namespace other than the first, where root's capabilities do not count for BPF. */
export function isInUserNamespace(): boolean {
  try {
    return !/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'));
  } catch {
    return false;
  }
}
