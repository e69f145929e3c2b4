import type { Packet } from './packet.ts';
import type { PacketHook } from './run.ts';

/** The device of a VLAN on another device; undefined where nobody knows it. */
export type VlanDevice = (device: string, id: number) => string | undefined;

interface Arrival {
  readonly hook: PacketHook;
  readonly device: string;
  readonly vlanDevice?: VlanDevice;
}

/** The device that a frame came in by: of a VLAN its own. Id 0 is a priority, and no VLAN. */
export function deviceOf({ vlan }: Packet, { device, vlanDevice }: Arrival): string | undefined {
  return vlan === undefined || vlan.id === 0 ? device : vlanDevice?.(device, vlan.id);
}

const SERVICE_TAG = 0x88a8;

/**
 * Is a tagged frame left to the kernel? At XDP that of a VLAN which nobody knows. Before tc ingress the kernel takes tags
 * out of frames: one that still has a tag there has two. What leaves has a tag in it only where no device writes it.
 */
export function isUnread(packet: Packet, arrival: Arrival): boolean {
  const { vlan, kind } = packet;
  if (vlan === undefined) return false;
  switch (arrival.hook) {
    case 'xdp':
      return deviceOf(packet, arrival) === undefined;
    case 'tc-ingress':
      return true;
    case 'tc-egress': {
      const isDeep = kind === 'options' || kind === 'fragment';
      return vlan.type === SERVICE_TAG || (isDeep && deviceOf(packet, arrival) === undefined);
    }
  }
}
