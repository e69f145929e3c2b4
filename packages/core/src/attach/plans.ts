import { features, type NetworkDevice } from 'libbpf-ts';
import { CoreError } from '../errors.ts';
import type { ResolvedOptions } from '../options/resolve-options.ts';
import type { AttachPlan } from './attachment.ts';
import { cgroupPlans } from './cgroup.ts';
import { matchesAny } from './device-pattern.ts';
import { clsactPlan, devicePlaces, podPlaces, type TcPlace, tcxPlan } from './tc.ts';
import { xdpPlan } from './xdp.ts';

/** What decides where programs go. */
export interface PlanContext {
  readonly options: ResolvedOptions;
  readonly cgroup: string | undefined;
  /** Programs that are loaded, by name. */
  readonly programs: ReadonlyMap<string, unknown>;
  /** Names of the programs for sockets. */
  readonly socketPrograms: readonly string[];
  readonly isOurMap: (id: number) => boolean;
}

/** Where each program goes, on these devices, in the order of attaching. */
export function plansFor(devices: readonly NetworkDevice[], context: PlanContext): AttachPlan[] {
  const { options, programs, cgroup, socketPrograms } = context;
  const plans: AttachPlan[] = [];
  const tc = (device: NetworkDevice, places: readonly TcPlace[]) => {
    for (const place of places) if (programs.has(place.program)) plans.push(tcPlan(device, place, context));
  };
  for (const device of devices) {
    if (options.devices.includes(device.name)) {
      tc(device, devicePlaces);
      const choice = options.xdp[device.name] ?? 'auto';
      if (choice !== 'off') plans.push(xdpPlan(device, choice, options.onNotice));
    } else if (!device.isLoopback && matchesAny(device.name, options.podDevices)) {
      tc(device, podPlaces);
    }
  }
  if (cgroup !== undefined) plans.push(...cgroupPlans(socketPrograms, cgroup));
  return plans;
}

function tcPlan(device: NetworkDevice, place: TcPlace, { options, isOurMap }: PlanContext): AttachPlan {
  const tcx = options.tc !== 'clsact' && features.haveLink('tcx');
  if (tcx) return tcxPlan(device, place);
  if (options.tc === 'tcx') {
    throw new CoreError('LBX_BAD_OPTION', "tc: this kernel has no tcx (Linux 6.6); use 'auto' or 'clsact'", {
      option: 'tc',
      value: 'tcx',
    });
  }
  if (options.pins === false) {
    throw new CoreError(
      'LBX_BAD_OPTION',
      'pins: false does not go with clsact filters (on kernels without tcx, before 6.6): the kernel would keep them ' +
        'when the process ends, without their tail calls; name a folder of pins',
      { option: 'pins', value: false },
    );
  }
  return clsactPlan(device, place, isOurMap, options.pins);
}
