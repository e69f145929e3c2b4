import { IpProto } from '../layouts/names.ts';
import { addToChecksum, addToL4Checksum, replaceAddress, replacePort } from './checksummed-write.ts';
import type { Packet, PacketEnd } from './packet.ts';
import { readAddresses } from './read-packet.ts';

/** The beginning of a packet that an ICMP error is about. */
export interface Quote {
  readonly from: PacketEnd;
  readonly to: PacketEnd;
  readonly proto: number;
  /** Offsets in the frame. */
  readonly ipAt: number;
  readonly l4At: number;
}

const ICMP_LENGTH = 8;
/** As much of TCP and UDP as every error repeats. */
const PORTS_LENGTH = 8;
const ERRORS_4 = [3, 11, 12];

/** What an ICMP packet quotes; undefined when it is no error, or not about the beginning of TCP or UDP. */
export function readQuote({ frame, family, l4At: icmpAt }: Packet): Quote | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const ipAt = icmpAt + ICMP_LENGTH;
  const ipLength = family === 4 ? 20 : 40;
  if (frame.length < ipAt + ipLength) return undefined;
  const type = view.getUint8(icmpAt);
  const isError = family === 4 ? ERRORS_4.includes(type) : type > 0 && type < 128;
  if (!isError || view.getUint8(ipAt) >> 4 !== family) return undefined;
  const ip = family === 4 ? quotedIpv4(view, ipAt) : { l4At: ipAt + 40, proto: view.getUint8(ipAt + 6) };
  if (ip === undefined || (ip.proto !== IpProto.TCP && ip.proto !== IpProto.UDP)) return undefined;
  const { l4At, proto } = ip;
  if (frame.length < l4At + PORTS_LENGTH) return undefined;
  const { from, to } = readAddresses(view, ipAt, family);
  return {
    from: { address: from, port: view.getUint16(l4At) },
    to: { address: to, port: view.getUint16(l4At + 2) },
    proto,
    ipAt,
    l4At,
  };
}

/** A piece from further behind has no ports. */
function quotedIpv4(view: DataView, ipAt: number): { l4At: number; proto: number } | undefined {
  const words = view.getUint8(ipAt) & 0x0f;
  if (words < 5 || view.getUint16(ipAt + 6) & 0x1fff) return undefined;
  return { l4At: ipAt + 4 * words, proto: view.getUint8(ipAt + 9) };
}

/**
 * Changes the quoted packet back into what its sender sent. Gives the difference to the sum of the ICMP message, which covers
 * all of it.
 */
export function writeQuote(
  view: DataView,
  family: 4 | 6,
  quote: Quote,
  from: PacketEnd,
  to: PacketEnd,
): number {
  const { ipAt, l4At, proto } = quote;
  const addressAt = ipAt + (family === 4 ? 12 : 8);
  const addresses =
    replaceAddress(view, addressAt, from.address) +
    replaceAddress(view, addressAt + (family === 4 ? 4 : 16), to.address);
  const ports = replacePort(view, l4At, from.port) + replacePort(view, l4At + 2, to.port);
  let checksums = family === 4 ? addToChecksum(view, ipAt + 10, addresses) : 0;
  checksums += addToL4Checksum(view, l4At, proto, addresses + ports);
  return addresses + ports + checksums;
}
