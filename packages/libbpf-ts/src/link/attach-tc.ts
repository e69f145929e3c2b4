import { NotSupportedError } from '../errors.ts';
import { hasTcx } from '../features/link-features.ts';
import { errnoNumber } from '../sys/errno.ts';
import { attachTcx, type TcDirection } from './attach-tcx.ts';
import type { Link, LinkedProgram } from './link.ts';
import { findInterface } from './network-interface.ts';
import { TcNetlinkLink } from './tc-netlink-link.ts';

export interface TcOptions {
  /** Name or index, in this network namespace. */
  readonly ifindex: number | string;
  readonly direction: TcDirection;
  /** `auto` (default): tcx where the kernel has it (6.6), else a filter on a clsact qdisc. */
  readonly via?: 'tcx' | 'clsact' | 'auto';
  /** tcx: stand before or after this link; default is behind all others. */
  readonly before?: Link;
  readonly after?: Link;
  /** clsact: place of the filter; the kernel chooses when they are left out. */
  readonly priority?: number;
  readonly handle?: number;
}

/**
 * Attaches a SEC("tc") program, which needs no attach type of its own. tcx programs run before clsact filters, and hide
 * them unless they return TC_ACT_UNSPEC (-1).
 */
export function attachTc(program: LinkedProgram, options: TcOptions): Link {
  const device = findInterface(options.ifindex);
  const { direction, via = 'auto' } = options;
  const tcx = via === 'clsact' ? false : hasTcx();
  if (tcx) return attachTcx(program, device, direction, options);
  if (via === 'tcx') {
    throw new NotSupportedError({
      errno: errnoNumber('EINVAL'),
      operation: 'attach to tcx of',
      object: device.label,
      feature: 'tcx',
      since: '6.6',
      hint: 'via: "clsact" works on older kernels',
    });
  }
  return TcNetlinkLink.attach(program, {
    device,
    direction,
    priority: options.priority ?? 0,
    handle: options.handle ?? 0,
  });
}
