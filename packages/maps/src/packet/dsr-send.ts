import { IpProto } from '../layouts/names.ts';
import { addToChecksum, replaceWords } from './checksummed-write.ts';
import {
  DESTINATION_OPTIONS,
  DSR_OPTION_4,
  DSR_OPTION_6,
  DSR_OPTION_6_LENGTH,
  DSR_OPTION_LENGTH,
  TUNNEL,
} from './dsr.ts';
import type { RequestHalf, Way } from './flow-state.ts';
import { ipLengthOf } from './ip-length.ts';
import { type Packet, type PacketEnd, TcpBit } from './packet.ts';
import { putAddress } from './put-address.ts';
import { refuseLength } from './refuse.ts';
import { type End, endBy, type Run } from './run.ts';
import { sentBy } from './sent-by.ts';
import { snatAddress } from './way-out.ts';
import { writeIpv4 } from './write-ip.ts';
import { type Sends, writePacket, writeSends } from './write-packet.ts';

const IP_LENGTH = { 4: 20, 6: 40 } as const;

/**
 * A client's packet to a remote backend with the client as its source. By option TCP tells the service in the SYN, UDP in
 * every packet; by tunnel every packet goes inside another. What gets too long is refused.
 */
export function sendByDsr(run: Run, flow: RequestHalf): End {
  const { way } = flow;
  const { packet, settings } = run;
  // Our option would have to find its place among the packet's own.
  const hasOptions = packet.l4At !== packet.ipAt + IP_LENGTH[packet.family];
  if (settings.dsrBy === 'option' && growthOf(run) > 0 && hasOptions) return endBy(run, 'drop_rewrite');
  return fitsDsr(run, way!) ? putByDsr(run, flow) : refuseLength(run, limitOf(run, way!) - growthOf(run));
}

/** The same, however long the packet is. */
export function putByDsr(run: Run, { backend, way, service }: RequestHalf): End {
  const { packet, settings } = run;
  const growth = growthOf(run);
  const sends: Sends = way!.link ?? 'unresolved';
  const end = { verdict: sentBy(run), reason: 'sent_request', backend } as const;
  if (settings.dsrBy === 'tunnel') {
    const frame = aged(packet, sends);
    return { ...end, frame: inTunnel(packet, frame, snatAddress(run), backend.address) };
  }
  const frame = writePacket(packet, { to: backend, sends });
  if (growth === 0) return { ...end, frame };
  return { ...end, frame: withOption(packet, frame, service) };
}

/** Is a packet, with what DSR adds, no longer than its way takes? */
export function fitsDsr(run: Run, way: Way): boolean {
  return ipLengthOf(run.packet) + growthOf(run) <= limitOf(run, way);
}

function limitOf({ settings: { mtu } }: Run, { link }: Way): number {
  return Math.min(mtu || Number.POSITIVE_INFINITY, link?.mtu ?? Number.POSITIVE_INFINITY);
}

function growthOf({ packet: { family, proto, tcpFlags }, settings: { dsrBy } }: Run): number {
  if (dsrBy === 'tunnel') return IP_LENGTH[family];
  if (proto === IpProto.TCP && !(tcpFlags & TcpBit.syn)) return 0;
  return DSR_OPTION_LENGTH[family];
}

/** One hop less to go, and nothing else. */
function aged(packet: Packet, sends: Sends): Uint8Array {
  const bytes = packet.frame.slice();
  const view = new DataView(bytes.buffer);
  const hops = writeSends(view, packet, sends);
  if (packet.family === 4) addToChecksum(view, packet.ipAt + 10, hops);
  return bytes;
}

/** The option goes right behind the fixed part of the IP header. */
function withOption({ family, ipAt }: Packet, frame: Uint8Array, service: PacketEnd): Uint8Array {
  const length = DSR_OPTION_LENGTH[family];
  const bytes = withRoom(frame, ipAt + IP_LENGTH[family], length);
  const view = new DataView(bytes.buffer);
  const at = ipAt + IP_LENGTH[family];
  if (family === 6) {
    view.setUint8(at, view.getUint8(ipAt + 6));
    view.setUint8(at + 1, length / 8 - 1);
    view.setUint8(at + 2, DSR_OPTION_6);
    view.setUint8(at + 3, DSR_OPTION_6_LENGTH);
    putAddress(view, at + 4, service.address);
    view.setUint16(at + 20, service.port);
    view.setUint8(ipAt + 6, DESTINATION_OPTIONS);
    view.setUint16(ipAt + 4, view.getUint16(ipAt + 4) + length);
    return bytes;
  }
  const difference = replaceWords(view, ipAt, 4, () => {
    view.setUint8(ipAt, view.getUint8(ipAt) + length / 4);
    view.setUint16(ipAt + 2, view.getUint16(ipAt + 2) + length);
  });
  const option = replaceWords(view, at, length, () => {
    view.setUint8(at, DSR_OPTION_4);
    view.setUint8(at + 1, length);
    // Least significant byte first, as Cilium has it.
    view.setUint16(at + 2, service.port, true);
    putAddress(view, at + 4, service.address);
    bytes.subarray(at + 4, at + 8).reverse();
  });
  addToChecksum(view, ipAt + 10, difference + option);
  return bytes;
}

function inTunnel(
  { family, ipAt }: Packet,
  frame: Uint8Array,
  from: string | undefined,
  to: string,
): Uint8Array {
  const bytes = withRoom(frame, ipAt, IP_LENGTH[family]);
  const view = new DataView(bytes.buffer);
  const innerAt = ipAt + IP_LENGTH[family];
  if (family === 6) {
    // Version, traffic class and flow label are those of the packet inside.
    view.setUint32(ipAt, view.getUint32(innerAt));
    view.setUint16(ipAt + 4, view.getUint16(innerAt + 4) + 40);
    view.setUint8(ipAt + 6, TUNNEL[6]);
    view.setUint8(ipAt + 7, 64);
    putAddress(view, ipAt + 8, from ?? '::');
    putAddress(view, ipAt + 24, to);
    return bytes;
  }
  const length = view.getUint16(innerAt + 2) + 20;
  const df = view.getUint16(innerAt + 6) & 0x4000;
  writeIpv4(view, ipAt, {
    from: from ?? '0.0.0.0',
    to,
    length,
    df,
    protocol: TUNNEL[4],
    tos: view.getUint8(innerAt + 1),
  });
  return bytes;
}

/** Zeroes put in at a place. */
function withRoom(frame: Uint8Array, at: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(frame.length + length);
  bytes.set(frame.subarray(0, at));
  bytes.set(frame.subarray(at), at + length);
  return bytes;
}
