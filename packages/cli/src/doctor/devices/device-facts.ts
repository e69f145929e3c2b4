import {
  type AttachedProgram,
  type DriverInfo,
  type NetworkDevice,
  queryTcFilters,
  queryTcx,
  queryXdp,
  queryXdpFeatures,
  readDriverInfo,
  type TcFilter,
  type XdpFeature,
  type XdpProgram,
} from 'libbpf-ts';
import type { DoctorContext } from '../doctor-context.ts';
import type { XdpChoice } from '../doctor-options.ts';
import type { Verdict } from '../finding.ts';

/** A device that was asked for, where it is there. */
export interface NamedDevice {
  readonly name: string;
  readonly device?: NetworkDevice;
}

/** The devices that are looked at. */
export const namedDevices = ({ devices, allDevices }: DoctorContext): NamedDevice[] =>
  devices.map((name) => {
    const device = allDevices.find((one) => one.name === name);
    return device === undefined ? { name } : { name, device };
  });

/** Those that are there. */
export const presentDevices = (context: DoctorContext): NetworkDevice[] =>
  namedDevices(context).flatMap(({ device }) => device ?? []);

export const noDevice = (context: DoctorContext): string | undefined =>
  context.devices.length === 0
    ? 'no device was named, and none has an address for others: --device'
    : presentDevices(context).length === 0
      ? 'none of the devices is there'
      : undefined;

export interface DriverFacts extends DriverInfo {
  readonly device: NetworkDevice;
}

export const driverFacts = (context: DoctorContext): DriverFacts[] =>
  presentDevices(context).map((device) => ({ device, ...readDriverInfo(device.name) }));

/** What the agent would do with a device. */
const wantedXdp = ({ options: { xdp } }: DoctorContext, device: string): XdpChoice =>
  typeof xdp === 'string' ? xdp : (xdp[device] ?? 'auto');

/** Why XDP is of no interest: no device, or it is switched off on all of them. */
export const noXdp = (context: DoctorContext): string | undefined =>
  noDevice(context) ??
  (presentDevices(context).every(({ name }) => wantedXdp(context, name) === 'off') ? '--xdp off' : undefined);

export interface XdpFacts extends DriverFacts {
  readonly wanted: XdpChoice;
  readonly programs: readonly XdpProgram[];
  /** undefined: the kernel does not tell (before 6.3). */
  readonly xdpFeatures: ReadonlySet<XdpFeature> | undefined;
}

export const xdpFacts = (context: DoctorContext): XdpFacts[] =>
  driverFacts(context).map((facts) => ({
    ...facts,
    wanted: wantedXdp(context, facts.device.name),
    programs: context.named(queryXdp(facts.device.ifindex)),
    xdpFeatures: queryXdpFeatures(facts.device.ifindex),
  }));

export interface TcHookFacts {
  readonly device: string;
  readonly direction: 'ingress' | 'egress';
  readonly tcx: readonly AttachedProgram[];
  readonly filters: readonly TcFilter[];
}

export const tcFacts = (context: DoctorContext): TcHookFacts[] =>
  presentDevices(context).flatMap(({ name, ifindex }) =>
    (['ingress', 'egress'] as const).map((direction) => ({
      device: name,
      direction,
      tcx: context.named(queryTcx({ ifindex, direction })),
      filters: context.named(queryTcFilters({ ifindex, direction })),
    })),
  );

/** One verdict for each device. */
export const perDevice = <F extends { readonly device: NetworkDevice }>(
  facts: readonly F[],
  judge: (facts: F) => Omit<Verdict, 'about'>,
): Verdict[] => facts.map((one) => ({ about: one.device.name, ...judge(one) }));
