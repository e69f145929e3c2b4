import { defineCheck } from '../check.ts';
import type { DoctorContext } from '../doctor-context.ts';
import { type NamedDevice, namedDevices } from './device-facts.ts';

export interface DevicesFacts {
  readonly devices: readonly NamedDevice[];
  readonly from: DoctorContext['devicesFrom'];
  readonly others: readonly string[];
  readonly withAddress: readonly string[];
}

const sources = {
  named: '',
  pinned: ', lbx is attached',
  addresses: ', has an address',
} as const;

export const deviceCheck = defineCheck<DevicesFacts>({
  id: 'device',
  group: 'devices',
  tries:
    'looks for the devices: those of --device, else those that lbx is attached to, else those with an address for others',
  matters: 'packets from outside are balanced on these devices only',
  remedy: 'name the devices with --device; ip link set dev DEVICE up',
  needsRoot: false,
  probe: (context) => ({
    devices: namedDevices(context),
    from: context.devicesFrom,
    others: context.allDevices.filter(({ isLoopback }) => !isLoopback).map(({ name }) => name),
    withAddress: context.addresses.map(({ device }) => device),
  }),
  judge({ devices, from, others, withAddress }) {
    if (devices.length === 0)
      return [
        {
          status: 'note',
          found: 'no device: only sockets of this node would be balanced',
          remedy: `--device; there are: ${others.join(', ') || 'none'}`,
        },
      ];
    return devices.map(({ name: about, device }) => {
      if (device === undefined)
        return {
          status: 'fail',
          about,
          found: 'there is no such device in this network namespace',
          remedy: `--device with one of: ${others.join(', ') || 'none'}`,
        };
      const kind = device.kind ?? 'hardware';
      if (!device.isUp)
        return { status: 'fail', about, found: `is down (${kind})`, remedy: `ip link set dev ${about} up` };
      if (!withAddress.includes(about))
        return {
          status: 'warn',
          about,
          found: `is up and has no IP address (${kind}): nothing to send from`,
          remedy: `ip address add ADDRESS dev ${about}, or --snat-address`,
        };
      return { status: 'ok', about, found: `up, ${kind}, MTU ${device.mtu}${sources[from]}` };
    });
  },
});
