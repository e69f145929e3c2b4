import { mac } from '../codec/bytes.ts';
import {
  addToChecksum,
  addToL4Checksum,
  replaceAddress,
  replaceByte,
  replacePort,
} from './checksummed-write.ts';
import type { Link } from './flow-state.ts';
import type { Packet, PacketEnd } from './packet.ts';

/** How a packet is sent on: with these link addresses, or with those that the kernel will find. */
export type Sends = Pick<Link, 'dmac' | 'smac'> | 'unresolved';

/** What changes in a packet on its way. */
export interface Change {
  readonly from?: PacketEnd;
  readonly to?: PacketEnd;
  /** Sent on by this node: one hop less to go. */
  readonly sends?: Sends;
}

/** The frame after a change. */
export function writePacket(packet: Packet, { from, to, sends }: Change): Uint8Array<ArrayBuffer> {
  const { frame, family, l4At, proto } = packet;
  const bytes = frame.slice();
  const view = new DataView(bytes.buffer);
  let ports = 0;
  if (from) ports += replacePort(view, l4At, from.port);
  if (to) ports += replacePort(view, l4At + 2, to.port);
  const addresses = writeAddresses(view, packet, from?.address, to?.address);
  addToL4Checksum(view, l4At, proto, addresses + ports);
  const hops = sends ? writeSends(view, packet, sends) : 0;
  if (family === 4) addToChecksum(view, packet.ipAt + 10, addresses + hops);
  return bytes;
}

/** Writes the addresses that are given, and nothing else; the difference. */
export function writeAddresses(view: DataView, { family, ipAt }: Packet, from?: string, to?: string): number {
  const at = family === 4 ? ipAt + 12 : ipAt + 8;
  const source = from === undefined ? 0 : replaceAddress(view, at, from);
  return source + (to === undefined ? 0 : replaceAddress(view, at + (family === 4 ? 4 : 16), to));
}

/** Writes link addresses, and one hop less; the difference. */
export function writeSends(view: DataView, { family, ipAt, hops }: Packet, sends: Sends): number {
  if (sends !== 'unresolved') {
    mac.put(view, 0, sends.dmac);
    mac.put(view, 6, sends.smac);
  }
  return replaceByte(view, family === 4 ? ipAt + 8 : ipAt + 7, hops - 1);
}
