import { readFileSync } from 'node:fs';
import { type BpfObject, findInterface, queryTcx, queryXdp } from 'libbpf-ts';
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

/** Names of all devices. /proc/…/net is of this thread's network namespace; /sys/class/net may be of another. */
export function listDevices(): string[] {
  return readFileSync('/proc/thread-self/net/dev', 'utf8')
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
    name: `xdp_${pinName(device)}`,
    program,
    attach() {
      try {
        return program.attachXdp({ ifindex, mode });
      } catch (error) {
        throw hookTaken(error, device, ifindex) ?? error;
      }
    },
    // The same index may be another device in another network namespace: ask the device of this one.
    isHere(link) {
      const running = link.info().programId;
      return queryXdp(ifindex).some(({ programId }) => programId === running);
    },
  };
}

/** The tc egress program of a device: replies of local backends. */
export function tcEgressPlan(tc: BpfObject, device: string, ifindex: number): AttachPlan {
  const program = tc.program('lbx_tc_egress');
  return {
    name: `tc_egress_${pinName(device)}`,
    program,
    attach: () => program.attachTc({ ifindex, direction: 'egress' }),
    isHere(link) {
      const { id } = link.info();
      return queryTcx({ ifindex, direction: 'egress' }).some(({ linkId }) => linkId === id);
    },
  };
}

/** bpffs takes no dots, which names of VLAN devices have; no device has a colon in its name. */
const pinName = (device: string) => device.replaceAll('.', ':');

/** XDP holds one program, and lbx never takes another's place. undefined when the error is another one. */
function hookTaken(error: unknown, device: string, ifindex: number): CoreError | undefined {
  if (!['EBUSY', 'EEXIST'].includes((error as { code?: string }).code ?? '')) return undefined;
  const programs = queryXdp(ifindex);
  const named = programs.map(
    ({ programName, programId, mode }) => `'${programName ?? '?'}' (id ${programId}, ${mode})`,
  );
  const ours = programs.some(({ programName }) => programName === 'lbx_xdp');
  const remedy = ours
    ? 'that is a load balancer of another pin folder, or of a process without pins: stop it, or remove it with `lbx cleanup --pins FOLDER`'
    : `stop what attached it, or take it off with \`ip link set dev ${device} xdp off\``;
  return new CoreError(
    'LBX_HOOK_TAKEN',
    `device ${device} has an XDP program already: ${named.join(', ') || 'it went meanwhile'}; it is left as it is. ${remedy}`,
    { device, programs },
    { cause: error },
  );
}
