import { defineCheck } from '../check.ts';
import { noDevice, presentDevices } from '../devices/device-facts.ts';

export interface RpFilterFacts {
  readonly all: number;
  readonly devices: readonly { readonly name: string; readonly value: number }[];
  readonly dsr: boolean;
}

export const rpFilterCheck = defineCheck<RpFilterFacts>({
  id: 'rp-filter',
  group: 'network settings',
  tries: 'reads net.ipv4.conf.all.rp_filter and that of each device; the larger one counts',
  matters:
    'strict (1) drops packets of clients that the node would answer by another device: several uplinks, DSR',
  remedy: 'sysctl -w net.ipv4.conf.DEVICE.rp_filter=2 (loose), and net.ipv4.conf.all.rp_filter below 1',
  needsRoot: false,
  skips: noDevice,
  probe: (context) => {
    const value = (name: string) => Number(context.read(`/proc/sys/net/ipv4/conf/${name}/rp_filter`) ?? 0);
    return {
      all: value('all'),
      devices: presentDevices(context).map(({ name }) => ({ name, value: value(name) })),
      dsr: context.options.forwarding !== 'snat',
    };
  },
  judge: ({ all, devices, dsr }) =>
    devices.map(({ name: about, value }) => {
      if (Math.max(all, value) !== 1)
        return { status: 'ok', about, found: Math.max(all, value) === 0 ? 'off' : 'loose' };
      const hurts = dsr || devices.length > 1;
      return {
        status: hurts ? 'warn' : 'note',
        about,
        found: `strict: packets of clients that are reached by another device are dropped${hurts ? '' : ' (with one device that is nobody)'}`,
        ...(hurts ? { remedy: `sysctl -w net.ipv4.conf.${about}.rp_filter=2` } : {}),
      };
    }),
});
