import { IpProto } from '../layouts/names.ts';
import { TUNNEL } from './dsr.ts';
import type { Packet } from './packet.ts';
import { readL4 } from './read-packet.ts';

/** Of which datagram a packet is a piece. */
export interface Piece {
  readonly isFragment: boolean;
  /** Not the first one: it has no ports. */
  readonly isLater: boolean;
  /** As in the header. */
  readonly id: number;
}

/** Options and extension headers that are read through at most: their number (IPv6), and their bytes. */
const MOST_HEADERS = 6;
const MOST_BYTES = 256;
const ROUTING = 43;
const FRAGMENT = 44;
const EXTENSIONS: readonly number[] = [0, ROUTING, FRAGMENT, 60];

/**
 * Reads a packet through IPv4 options, IPv6 extension headers and first fragments: `flow` where TCP or UDP begins, `fragment`
 * for the later pieces of it, `tunnel`; undefined for all else. A routing header with segments left makes a packet somebody
 * else's in the end.
 */
export function readDeep(packet: Packet): { readonly packet: Packet; readonly piece: Piece } | undefined {
  const view = new DataView(packet.frame.buffer, packet.frame.byteOffset, packet.frame.byteLength);
  const found = skipHeaders(view, packet);
  if (found === undefined) return undefined;
  const { l4At, proto, piece } = found;
  const deep: Packet = { ...packet, kind: 'other', l4At, proto };
  if (piece.isLater) {
    const isOurs = proto === IpProto.TCP || proto === IpProto.UDP || proto === IpProto.SCTP;
    return isOurs ? { packet: { ...deep, kind: 'fragment' }, piece } : undefined;
  }
  if (proto === TUNNEL[packet.family]) return { packet: { ...deep, kind: 'tunnel' }, piece };
  const flow = readL4(view, deep);
  return flow.kind === 'flow' ? { packet: flow, piece } : undefined;
}

/** What lies between IP and the next protocol; undefined: not to be looked into. */
export function skipHeaders(
  view: DataView,
  packet: Pick<Packet, 'family' | 'ipAt'>,
): { readonly l4At: number; readonly proto: number; readonly piece: Piece } | undefined {
  return packet.family === 4 ? skipOptions(view, packet) : skipExtensions(view, packet);
}

interface Found {
  readonly l4At: number;
  readonly proto: number;
  readonly piece: Piece;
}

function skipOptions(view: DataView, { ipAt }: Pick<Packet, 'ipAt'>): Found | undefined {
  const l4At = ipAt + (view.getUint8(ipAt) & 0x0f) * 4;
  const word = view.getUint16(ipAt + 6);
  const piece = {
    isFragment: (word & 0x3fff) !== 0,
    isLater: (word & 0x1fff) !== 0,
    id: view.getUint16(ipAt + 4),
  };
  return { l4At, proto: view.getUint8(ipAt + 9), piece };
}

function skipExtensions(view: DataView, { ipAt }: Pick<Packet, 'ipAt'>): Found | undefined {
  let at = ipAt + 40;
  let proto = view.getUint8(ipAt + 6);
  let piece: Piece = { isFragment: false, isLater: false, id: 0 };
  for (let n = 0; n < MOST_HEADERS && EXTENSIONS.includes(proto) && !piece.isLater; n++) {
    if (view.byteLength < at + 8) return undefined;
    let length = 8;
    if (proto === FRAGMENT) {
      const word = view.getUint16(at + 2);
      piece = {
        isFragment: (word & 0xfff9) !== 0,
        isLater: (word & 0xfff8) !== 0,
        id: view.getUint32(at + 4),
      };
    } else {
      const segmentsLeft = view.getUint8(at + 3);
      if (proto === ROUTING && segmentsLeft > 0) return undefined;
      length += view.getUint8(at + 1) * 8;
    }
    proto = view.getUint8(at);
    at += length;
    if (at > ipAt + 40 + MOST_BYTES) return undefined;
  }
  return { l4At: at, proto, piece };
}
