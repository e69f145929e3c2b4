import { BpfError } from '../errors.ts';
import { permissionHint } from '../hint.ts';
import { attachTypes } from '../program-type.ts';
import { createLinkFd } from './create-link.ts';
import { KernelLink, type Link, type LinkedProgram } from './link.ts';
import type { NetworkInterface } from './network-interface.ts';

const BPF_F_BEFORE = 1 << 3;
const BPF_F_AFTER = 1 << 4;
const BPF_F_LINK = 1 << 13;

export type TcDirection = 'ingress' | 'egress';

/** Number of the tcx hook of a direction. */
export function tcxAttachType(direction: TcDirection): number {
  return direction === 'ingress' ? attachTypes.tcx_ingress : attachTypes.tcx_egress;
}

/** Attaches at the end of the tcx programs, or before or after another link. A negative errno when it cannot. */
function createTcxFd(
  program: LinkedProgram,
  ifindex: number,
  direction: TcDirection,
  place: { readonly before?: Link | undefined; readonly after?: Link | undefined },
): number {
  const neighbour = place.before ?? place.after;
  const flags =
    neighbour === undefined ? 0 : BPF_F_LINK | (place.before === undefined ? BPF_F_AFTER : BPF_F_BEFORE);
  return createLinkFd({
    programFd: program.fd,
    target: ifindex,
    attachType: tcxAttachType(direction),
    flags,
    relativeFd: neighbour?.fd ?? 0,
  });
}

/** The same as a link. Throws BpfError. */
export function attachTcx(
  program: LinkedProgram,
  device: NetworkInterface,
  direction: TcDirection,
  place: { readonly before?: Link | undefined; readonly after?: Link | undefined },
): Link {
  const fd = createTcxFd(program, device.ifindex, direction, place);
  if (fd >= 0) return new KernelLink(fd, `tcx ${direction} of ${device.label}`);
  throw new BpfError({
    errno: fd,
    operation: `attach program ${program.name} to tcx ${direction} of`,
    object: device.label,
    hint:
      permissionHint(fd, ['CAP_BPF', 'CAP_NET_ADMIN']) ??
      'it must be a program of SEC("tc"), and the interface in this network namespace',
  });
}
