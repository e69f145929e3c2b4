import { formatMac, parseMac } from './address.ts';
import type { Cursor } from './cursor.ts';

export const ETH_TYPE = { ipv4: 0x0800, vlan: 0x8100, serviceVlan: 0x88a8, ipv6: 0x86dd } as const;

/** Does a VLAN tag follow: 802.1Q, or 802.1ad for the outer of two? */
export function isVlan(type: number): boolean {
  return type === ETH_TYPE.vlan || type === ETH_TYPE.serviceVlan;
}

/** An Ethernet header. */
export interface Eth {
  readonly src: string;
  readonly dst: string;
  /** Ethertype of what follows: 0x0800 IPv4, 0x86dd IPv6, 0x8100 or 0x88a8 a VLAN tag. */
  readonly type: number;
}

/** A VLAN tag (802.1Q). */
export interface Vlan {
  readonly id: number;
  readonly priority: number;
  readonly dropEligible: boolean;
  /** Ethertype of what follows. */
  readonly type: number;
}

export function writeEth(eth: Eth, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(14 + payload.length);
  bytes.set(parseMac(eth.dst), 0);
  bytes.set(parseMac(eth.src), 6);
  new DataView(bytes.buffer).setUint16(12, eth.type);
  bytes.set(payload, 14);
  return bytes;
}

export function readEth(at: Cursor): Eth {
  const { bytes, view } = at.take(14, 'Ethernet header');
  return {
    src: formatMac(bytes.subarray(6, 12)),
    dst: formatMac(bytes.subarray(0, 6)),
    type: view.getUint16(12),
  };
}

export function writeVlan(vlan: Vlan, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, (vlan.priority << 13) | (vlan.dropEligible ? 0x1000 : 0) | (vlan.id & 0xfff));
  view.setUint16(2, vlan.type);
  bytes.set(payload, 4);
  return bytes;
}

export function readVlan(at: Cursor): Vlan {
  const { view } = at.take(4, 'VLAN tag');
  const word = view.getUint16(0);
  return {
    id: word & 0xfff,
    priority: word >> 13,
    dropEligible: (word & 0x1000) !== 0,
    type: view.getUint16(2),
  };
}
