import type { NetworkDevice } from 'libbpf-ts';
import { defineCheck } from '../check.ts';
import { noDevice, perDevice, presentDevices } from './device-facts.ts';

export interface DsrFacts {
  readonly devices: readonly { readonly device: NetworkDevice }[];
  readonly by: 'option' | 'ipip';
}

/** Bytes that DSR adds to a packet, by means and family. */
const overhead = { option: { 4: 8, 6: 24 }, ipip: { 4: 20, 6: 40 } } as const;
const clientMtu = 1500;

export const dsrMtuCheck = defineCheck<DsrFacts>({
  id: 'dsr-mtu',
  group: 'devices',
  tries:
    'with --forwarding dsr or hybrid: adds what DSR needs to a packet of 1500 bytes, and compares with the MTU',
  matters:
    'full packets of clients do not fit any more: they are told to send smaller ones, which UDP often cannot',
  remedy: 'a larger MTU between nodes (ip link set dev DEVICE mtu 1540), or --forwarding snat',
  needsRoot: false,
  skips: (context) => (context.options.forwarding === 'snat' ? '--forwarding snat' : noDevice(context)),
  probe: (context) => ({
    devices: presentDevices(context).map((device) => ({ device })),
    by: context.options.dsrBy,
  }),
  judge: ({ devices, by }) =>
    perDevice(devices, ({ device: { name, mtu } }) => {
      const needed = clientMtu + overhead[by][6];
      if (mtu >= needed) return { status: 'ok', found: `MTU ${mtu} has room for DSR by ${by}` };
      return {
        status: 'warn',
        found: `MTU ${mtu}: DSR by ${by} adds ${overhead[by][4]} bytes (IPv6: ${overhead[by][6]}), so that packets of ${clientMtu} bytes do not fit`,
        remedy: `ip link set dev ${name} mtu ${needed} on all nodes and what is between them, or --forwarding snat`,
      };
    }),
});
