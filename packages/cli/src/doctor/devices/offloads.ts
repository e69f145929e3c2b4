import { defineCheck } from '../check.ts';
import type { DoctorContext } from '../doctor-context.ts';
import type { Verdict } from '../finding.ts';
import { type DriverFacts, driverFacts, noXdp } from './device-facts.ts';

export interface OffloadFacts {
  readonly devices: readonly (DriverFacts & { readonly vlans: readonly string[] })[];
}

export const offloadsCheck = defineCheck<OffloadFacts>({
  id: 'offloads',
  group: 'devices',
  tries: "reads the devices' offloads: rx-lro, rx-gro-hw and, where VLANs lie on a device, rx-vlan-hw-parse",
  matters: 'drivers refuse XDP with LRO or GRO-HW on; a VLAN tag that the card takes off is not seen by XDP',
  remedy: 'ethtool -K DEVICE lro off rx-gro-hw off rxvlan off',
  needsRoot: false,
  skips: noXdp,
  probe: (context) => ({
    devices: driverFacts(context).map((facts) => ({
      ...facts,
      vlans: vlansOn(facts.device.ifindex, context),
    })),
  }),
  judge: ({ devices }) =>
    devices.flatMap(({ device: { name: about }, features, vlans }): Verdict[] => {
      const merged = [
        ['rx-lro', 'lro'],
        ['rx-gro-hw', 'rx-gro-hw'],
      ].filter(([feature]) => features.get(feature ?? '') === true);
      const stripped = vlans.length > 0 && features.get('rx-vlan-hw-parse') === true;
      const off = [...merged.map(([, flag]) => `${flag} off`), ...(stripped ? ['rxvlan off'] : [])].join(' ');
      const remedy = `ethtool -K ${about} ${off}`;
      const verdicts: Verdict[] = [];
      if (merged.length > 0) {
        const names = merged.map(([feature]) => feature).join(' and ');
        verdicts.push({
          // Some drivers switch GRO in hardware off by themselves when a program comes; LRO seldom.
          status: features.get('rx-lro') === true ? 'warn' : 'note',
          about,
          found: `${names} is on: drivers refuse XDP, or switch it off by themselves`,
          remedy,
        });
      }
      if (stripped)
        verdicts.push({
          status: 'warn',
          about,
          found: `the card takes VLAN tags off, and ${vlans.join(', ')} lies on it: XDP takes their packets for untagged ones`,
          remedy,
        });
      return verdicts.length > 0
        ? verdicts
        : [{ status: 'ok', about, found: 'no LRO, no GRO in hardware, no VLAN tags taken off' }];
    }),
});

const vlansOn = (ifindex: number, { allDevices }: DoctorContext) =>
  allDevices.filter(({ vlan }) => vlan?.parent === ifindex).map(({ name }) => name);
