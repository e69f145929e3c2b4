import { mac } from '../codec/bytes.ts';
import { formatIpv4Number } from '../codec/ipv4-text.ts';
import { formatIpv6 } from '../codec/ipv6.ts';
import { IpProto } from '../layouts/names.ts';
import type { Family } from '../model/address.ts';
import type { Packet } from './packet.ts';

const ETH_LENGTH = 14;
const ETH_IPV4 = 0x0800;
const IPV4_LENGTH = 20;
const L4_LENGTH: Readonly<Record<number, number>> = { [IpProto.TCP]: 20, [IpProto.UDP]: 8 };

/**
 * Reads a frame. Only what is there counts: the length fields of IP and UDP are believed by nobody on the way, so they
 * are not looked at. A header that is cut short makes the frame `other`. The Ethernet header is there: no driver hands
 * over less.
 */
export function readPacket(frame: Uint8Array): Packet {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const other: Packet = {
    kind: 'other',
    frame,
    link: { src: mac.get(view, 6), dst: mac.get(view, 0) },
    family: 4,
    ipAt: ETH_LENGTH,
    l4At: ETH_LENGTH,
    proto: 0,
    from: nowhere,
    to: nowhere,
    hops: 0,
    tcpFlags: 0,
  };
  if (view.getUint16(12) !== ETH_IPV4) return other;
  return readIpv4(view, other);
}

const nowhere = { address: '', port: 0 };

function readIpv4(view: DataView, start: Packet): Packet {
  const { ipAt } = start;
  if (view.byteLength < ipAt + IPV4_LENGTH) return start;
  const words = view.getUint8(ipAt) & 0x0f;
  if (view.getUint8(ipAt) >> 4 !== 4 || words < 5) return start;
  const { from, to } = readAddresses(view, ipAt, 4);
  const ip: Packet = {
    ...start,
    l4At: ipAt + IPV4_LENGTH,
    proto: view.getUint8(ipAt + 9),
    hops: view.getUint8(ipAt + 8),
    from: { address: from, port: 0 },
    to: { address: to, port: 0 },
  };
  if (words > 5) return { ...ip, kind: 'options' };
  // More fragments to come, or a piece from further behind.
  if (view.getUint16(ipAt + 6) & 0x3fff) return { ...ip, kind: 'fragment' };
  return ip.proto === IpProto.ICMP ? { ...ip, kind: 'icmp' } : readL4(view, ip);
}

/** The addresses of an IP header. */
export function readAddresses(view: DataView, ipAt: number, family: Family): { from: string; to: string } {
  if (family === 6) return { from: formatIpv6(view, ipAt + 8), to: formatIpv6(view, ipAt + 24) };
  return {
    from: formatIpv4Number(view.getUint32(ipAt + 12)),
    to: formatIpv4Number(view.getUint32(ipAt + 16)),
  };
}

function readL4(view: DataView, ip: Packet): Packet {
  const { l4At, proto } = ip;
  const length = L4_LENGTH[proto];
  if (length === undefined || view.byteLength < l4At + length) return ip;
  return {
    ...ip,
    kind: 'flow',
    from: { ...ip.from, port: view.getUint16(l4At) },
    to: { ...ip.to, port: view.getUint16(l4At + 2) },
    tcpFlags: proto === IpProto.TCP ? view.getUint8(l4At + 13) : 0,
  };
}
