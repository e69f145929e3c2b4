import { internetChecksum, type PseudoHeader, segmentChecksum } from './checksum.ts';
import type { Cursor } from './cursor.ts';

/** An ICMP or ICMPv6 header (8 bytes): which of the two, the IP header tells. */
export interface Icmp {
  readonly type: number;
  readonly code: number;
  readonly checksum: number;
  /** Bytes 4 to 7 as they are. `id`, `seq` and `mtu` are views of it. */
  readonly rest: number;
  /** Of echo messages. */
  readonly id?: number;
  readonly seq?: number;
  /** Of "fragmentation needed" (3, 4) and "packet too big" (ICMPv6 type 2). */
  readonly mtu?: number;
}

export interface IcmpFields {
  readonly type: number;
  readonly code?: number;
  readonly id?: number;
  readonly seq?: number;
  readonly mtu?: number;
  readonly rest?: number;
  readonly checksum?: number;
}

export function writeIcmp(icmp: IcmpFields, payload: Uint8Array, pseudo: PseudoHeader): Uint8Array {
  const bytes = new Uint8Array(8 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, icmp.type);
  view.setUint8(1, icmp.code ?? 0);
  view.setUint32(4, icmp.rest ?? icmp.mtu ?? (icmp.id ?? 0) * 0x10000 + (icmp.seq ?? 0));
  bytes.set(payload, 8);
  const isV6 = pseudo.src.length === 16;
  view.setUint16(2, icmp.checksum ?? (isV6 ? segmentChecksum(pseudo, bytes) : internetChecksum(bytes)));
  return bytes;
}

export function readIcmp(at: Cursor, isV6: boolean): Icmp {
  const { view } = at.take(8, 'ICMP header');
  const [type, code, rest] = [view.getUint8(0), view.getUint8(1), view.getUint32(4)];
  const isEcho = isV6 ? type === 128 || type === 129 : type === 0 || type === 8;
  return {
    type,
    code,
    checksum: view.getUint16(2),
    rest,
    ...(isEcho && { id: rest >>> 16, seq: rest & 0xffff }),
    ...(isV6 && type === 2 && { mtu: rest }),
    ...(!isV6 && type === 3 && code === 4 && { mtu: rest & 0xffff }),
  };
}

/** True for ICMP messages that carry the beginning of the packet they are about. */
export function quotesPacket(type: number, isV6: boolean): boolean {
  return isV6 ? type < 128 : type === 3 || type === 4 || type === 5 || type === 11 || type === 12;
}
