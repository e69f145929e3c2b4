import { readFileSync } from 'node:fs';
import { type BpfObject, findInterface } from 'libbpf-ts';
import { CoreError } from '../errors.ts';
import type { AttachPlan } from './attachment.ts';

/** Index of a network device of this network namespace. @throws CoreError `LBX_NO_DEVICE` naming those there are. */
export function deviceIndex(device: string): number {
  try {
    return findInterface(device).ifindex;
  } catch (error) {
    const devices = listDevices();
    throw new CoreError(
      'LBX_NO_DEVICE',
      `there is no network device '${device}' in this network namespace; there are: ${devices.join(', ')}`,
      { device, devices },
      { cause: error },
    );
  }
}

/** Names of all devices. /proc/self/net is of this network namespace; /sys/class/net may be of another. */
export function listDevices(): string[] {
  return readFileSync('/proc/self/net/dev', 'utf8')
    .split('\n')
    .flatMap((line) => /^\s*([^:\s]+):/.exec(line)?.[1] ?? []);
}

/** The XDP program of a device: requests, and replies of remote backends. */
export function xdpPlan(
  xdp: BpfObject,
  device: string,
  ifindex: number,
  mode: 'native' | 'generic',
): AttachPlan {
  const program = xdp.program('lbx_xdp');
  return {
    name: `xdp_${device}`,
    program,
    attach: () => program.attachXdp({ ifindex, mode }),
    isLive: (link) => link.info().ifindex === ifindex,
  };
}

/** The tc egress program of a device: replies of local backends. */
export function tcEgressPlan(tc: BpfObject, device: string, ifindex: number): AttachPlan {
  const program = tc.program('lbx_tc_egress');
  return {
    name: `tc_egress_${device}`,
    program,
    attach: () => program.attachTc({ ifindex, direction: 'egress' }),
    isLive: (link) => link.info().ifindex === ifindex,
  };
}
