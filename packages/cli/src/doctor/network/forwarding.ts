import { defineCheck } from '../check.ts';
import { noDevice, presentDevices } from '../devices/device-facts.ts';

export interface ForwardingFacts {
  /** By device and family, what /proc says; undefined: the family is not there. */
  readonly devices: readonly {
    readonly name: string;
    readonly family: 4 | 6;
    readonly value: string | undefined;
  }[];
}

export const forwardingCheck = defineCheck<ForwardingFacts>({
  id: 'forwarding',
  group: 'network settings',
  tries: 'reads net.ipv4.conf.DEVICE.forwarding and net.ipv6.conf.DEVICE.forwarding',
  matters:
    'the kernel answers no routing questions of the programs: packets to other nodes are dropped (drop_forwarding_disabled)',
  remedy: 'sysctl -w net.ipv4.conf.DEVICE.forwarding=1 net.ipv6.conf.DEVICE.forwarding=1',
  needsRoot: false,
  skips: noDevice,
  probe: (context) => ({
    devices: presentDevices(context).flatMap(({ name }) =>
      ([4, 6] as const)
        .filter((family) =>
          context.addresses.some(
            (one) => one.device === name && one.family === family && !/^fe80/i.test(one.address),
          ),
        )
        .map((family) => ({
          name,
          family,
          value: context.read(`/proc/sys/net/ipv${family}/conf/${name}/forwarding`),
        })),
    ),
  }),
  judge: ({ devices }) =>
    devices.length === 0
      ? [{ status: 'note', found: 'the devices have no addresses yet' }]
      : devices.map(({ name, family, value }) => {
          const about = `${name} IPv${family}`;
          if (value !== '0') return { status: 'ok', about, found: value === undefined ? 'not there' : 'on' };
          return {
            status: 'fail',
            about,
            found: 'off: requests to backends on other nodes will be dropped',
            remedy: `sysctl -w net.ipv${family}.conf.${name.replaceAll('.', '/')}.forwarding=1`,
          };
        }),
});
