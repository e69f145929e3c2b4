import { mac } from '../codec/bytes.ts';
import { formatIpv4Number } from '../codec/ipv4-text.ts';
import { formatIpv6 } from '../codec/ipv6.ts';
import { IpProto } from '../layouts/names.ts';
import type { Family } from '../model/address.ts';
import { TUNNEL } from './dsr.ts';
import type { Packet } from './packet.ts';

const ETH_LENGTH = 14;
const TAG_LENGTH = 4;
const ETH_VLAN = 0x8100;
const ETH_SERVICE_VLAN = 0x88a8;
const ETH_IPV4 = 0x0800;
const ETH_IPV6 = 0x86dd;
const IPV4_LENGTH = 20;
const IPV6_LENGTH = 40;
const L4_LENGTH: Readonly<Record<number, number>> = {
  [IpProto.TCP]: 20,
  [IpProto.UDP]: 8,
  [IpProto.SCTP]: 12,
};

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
  const type = view.getUint16(12);
  if (type !== ETH_VLAN && type !== ETH_SERVICE_VLAN) return readIp(view, type, other);
  if (frame.length < ETH_LENGTH + TAG_LENGTH) return other;
  const vlan = { type, id: view.getUint16(14) & 0xfff };
  return readIp(view, view.getUint16(16), { ...other, vlan, ipAt: ETH_LENGTH + TAG_LENGTH });
}

function readIp(view: DataView, type: number, start: Packet): Packet {
  switch (type) {
    case ETH_IPV4:
      return readIpv4(view, start);
    case ETH_IPV6:
      return readIpv6(view, { ...start, family: 6 });
    default:
      return start;
  }
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
  return readInner(view, ip, IpProto.ICMP);
}

/** Extension headers that may come before TCP or UDP: hop-by-hop options, routing, destination options. */
const EXTENSIONS: readonly number[] = [0, 43, 60];
const FRAGMENT = 44;

function readIpv6(view: DataView, start: Packet): Packet {
  const { ipAt } = start;
  if (view.byteLength < ipAt + IPV6_LENGTH || view.getUint8(ipAt) >> 4 !== 6) return start;
  const { from, to } = readAddresses(view, ipAt, 6);
  const ip: Packet = {
    ...start,
    l4At: ipAt + IPV6_LENGTH,
    proto: view.getUint8(ipAt + 6),
    hops: view.getUint8(ipAt + 7),
    from: { address: from, port: 0 },
    to: { address: to, port: 0 },
  };
  if (EXTENSIONS.includes(ip.proto)) return { ...ip, kind: 'options' };
  if (ip.proto === FRAGMENT) return { ...ip, kind: 'fragment' };
  return readInner(view, ip, IpProto.ICMPv6);
}

function readInner(view: DataView, ip: Packet, icmp: number): Packet {
  if (ip.proto === icmp) return { ...ip, kind: 'icmp' };
  return ip.proto === TUNNEL[ip.family] ? { ...ip, kind: 'tunnel' } : readL4(view, ip);
}

/** The addresses of an IP header. */
export function readAddresses(view: DataView, ipAt: number, family: Family): { from: string; to: string } {
  const at = family === 4 ? ipAt + 12 : ipAt + 8;
  return { from: readAddress(view, at, family), to: readAddress(view, at + (family === 4 ? 4 : 16), family) };
}

export function readAddress(view: DataView, at: number, family: Family): string {
  return family === 4 ? formatIpv4Number(view.getUint32(at)) : formatIpv6(view, at);
}

/** Where TCP or UDP may begin: `flow`, if all of its header is there. */
export function readL4(view: DataView, ip: Packet): Packet {
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
