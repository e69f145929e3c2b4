import { BpfError } from '../errors.ts';
import { permissionHint } from '../hint.ts';
import { attachTypes } from '../program-type.ts';
import { errnoNumber } from '../sys/errno.ts';
import { createLinkFd } from './create-link.ts';
import { KernelLink, type Link, type LinkedProgram } from './link.ts';
import { findInterface, type NetworkInterface } from './network-interface.ts';
import { queryXdp, type XdpMode } from './xdp-query.ts';

export interface XdpOptions {
  /** Name or index, in this network namespace. */
  readonly ifindex: number | string;
  /** `auto` (default): native where the driver can, else generic. */
  readonly mode?: XdpMode | 'auto';
}

/** `XDP_FLAGS_*` of linux/if_link.h. */
const modeFlags = { auto: 0, generic: 1 << 1, native: 1 << 2, offload: 1 << 3 } as const;

/**
 * Attaches an XDP program by a kernel link (Linux 5.9). Never takes the place of another program: EBUSY names it.
 */
export function attachXdp(program: LinkedProgram, options: XdpOptions): Link {
  const device = findInterface(options.ifindex);
  const mode = options.mode ?? 'auto';
  const fd = createLinkFd({
    programFd: program.fd,
    target: device.ifindex,
    attachType: attachTypes.xdp,
    flags: modeFlags[mode],
  });
  if (fd >= 0) return new KernelLink(fd, `XDP of ${device.label}`);
  throw new BpfError({
    errno: fd,
    operation: `attach program ${program.name} to XDP (${mode}) of`,
    object: device.label,
    ...explain(Math.abs(fd), device, mode),
  });
}

function explain(
  errno: number,
  device: NetworkInterface,
  mode: string,
): { detail?: string; hint?: string | undefined } {
  switch (errno) {
    case errnoNumber('EBUSY'):
    case errnoNumber('EEXIST'):
      return {
        detail: `another program is there: ${occupants(device)}`,
        hint: 'update its link if it is yours; else detach it first (ip link set dev … xdp off, or whatever attached it)',
      };
    case errnoNumber('ENODEV'):
    case errnoNumber('EINVAL'):
      return { hint: 'is the interface there, in this network namespace, and is this an XDP program?' };
    case errnoNumber('EOPNOTSUPP'):
      return { hint: mode === 'native' ? 'the driver has no native XDP: use mode "generic"' : undefined };
    case errnoNumber('ERANGE'):
      return {
        hint: 'the MTU is too large for XDP in this driver: lower it, or use a program with SEC("xdp.frags")',
      };
    default:
      return { hint: permissionHint(errno, ['CAP_BPF', 'CAP_NET_ADMIN']) };
  }
}

function occupants(device: NetworkInterface): string {
  try {
    const found = queryXdp(device.ifindex).map(
      (p) => `${p.programName ?? '(name unknown)'}, id ${p.programId}, ${p.mode}`,
    );
    return found.join('; ') || 'it has gone meanwhile';
  } catch {
    return 'and cannot be queried';
  }
}
