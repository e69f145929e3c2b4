import { mac } from '../codec/bytes.ts';
import { IpProto } from '../layouts/names.ts';
import type { Link } from './flow-state.ts';
import { foldSum } from './internet-checksum.ts';
import type { Packet, PacketEnd } from './packet.ts';
import { putAddress } from './put-address.ts';

/** What changes in a packet on its way. */
export interface Change {
  readonly from?: PacketEnd;
  readonly to?: PacketEnd;
  /** Sent on by this node: new link addresses, and one hop less to go. */
  readonly link?: Link;
}

/**
 * The frame after a change. Checksums are brought up to date by what changed (RFC 1624), not made anew: one that was
 * wrong stays as wrong as it was.
 */
export function writePacket(
  { frame, family, ipAt, l4At, proto }: Packet,
  { from, to, link }: Change,
): Uint8Array {
  const bytes = frame.slice();
  const view = new DataView(bytes.buffer);
  const length = family === 4 ? 4 : 16;
  const addressesAt = family === 4 ? ipAt + 12 : ipAt + 8;
  let addresses = 0;
  let ports = 0;
  if (from) {
    addresses += replace(view, addressesAt, length, (at) => putAddress(view, at, from.address));
    ports += replace(view, l4At, 2, (at) => view.setUint16(at, from.port));
  }
  if (to) {
    addresses += replace(view, addressesAt + length, length, (at) => putAddress(view, at, to.address));
    ports += replace(view, l4At + 2, 2, (at) => view.setUint16(at, to.port));
  }
  let hops = 0;
  if (link) {
    mac.put(view, 0, link.dmac);
    mac.put(view, 6, link.smac);
    const hopsAt = family === 4 ? ipAt + 8 : ipAt + 7;
    // The byte next to it belongs to the same word of the sum.
    hops = replace(view, hopsAt & ~1, 2, () => view.setUint8(hopsAt, view.getUint8(hopsAt) - 1));
  }
  if (family === 4) addToChecksum(view, ipAt + 10, addresses + hops);
  if (proto === IpProto.TCP) addToChecksum(view, l4At + 16, addresses + ports);
  if (proto === IpProto.UDP) addToUdpChecksum(view, l4At + 6, addresses + ports);
  return bytes;
}

/** Writes and gives the difference it makes to a one's complement sum: minus each old word, plus each new one. */
function replace(view: DataView, at: number, length: number, write: (at: number) => void): number {
  let difference = 0;
  for (let i = 0; i < length; i += 2) difference += ~view.getUint16(at + i) & 0xffff;
  write(at);
  for (let i = 0; i < length; i += 2) difference += view.getUint16(at + i);
  return difference;
}

function addToChecksum(view: DataView, at: number, difference: number): void {
  const sum = foldSum((~view.getUint16(at) & 0xffff) + difference);
  view.setUint16(at, ~sum & 0xffff);
}

/** 0 says that there is no checksum: it stays, and is never the result. */
function addToUdpChecksum(view: DataView, at: number, difference: number): void {
  if (view.getUint16(at) === 0) return;
  addToChecksum(view, at, difference);
  if (view.getUint16(at) === 0) view.setUint16(at, 0xffff);
}
