import type { ReasonName } from '../flow/reasons.ts';
import { IpProto } from '../layouts/names.ts';
import { checksumOf } from './internet-checksum.ts';
import { ipLengthOf } from './ip-length.ts';
import type { Packet } from './packet.ts';
import { type End, endBy, type Run } from './run.ts';
import { sentBy } from './sent-by.ts';
import { snatAddress } from './way-out.ts';
import { writeIpv4, writeIpv6 } from './write-ip.ts';

/** What the sender of a packet is told. `mtu` of too-big. */
export type IcmpError =
  | { readonly kind: 'port-unreachable' }
  | { readonly kind: 'ttl-exceeded' }
  | { readonly kind: 'too-big'; readonly mtu: number };

/** Bytes of the packet that an error repeats at most. */
const QUOTE = 504;

/** Type and code of each error. */
const TYPES = {
  4: { 'port-unreachable': [3, 3], 'ttl-exceeded': [11, 0], 'too-big': [3, 4] },
  6: { 'port-unreachable': [1, 4], 'ttl-exceeded': [3, 0], 'too-big': [2, 0] },
} as const;

/**
 * Counts a drop and answers it with an ICMP error, back the way the packet came. From whom the packet was for, as if the
 * service's host had answered; time exceeded comes from the node.
 */
export function refuse(run: Run, reason: ReasonName, error: IcmpError): End {
  const end = endBy(run, reason);
  if (!run.settings.icmpErrors) {
    run.notes.push('note_icmp_limited');
    return end;
  }
  const from = (error.kind === 'ttl-exceeded' ? snatAddress(run) : undefined) ?? run.packet.to.address;
  const frame = errorFrame(run.packet, error, from);
  if (frame === undefined) return end;
  run.notes.push('sent_icmp_error');
  return { ...end, verdict: sentBy(run), frame };
}

function errorFrame(packet: Packet, error: IcmpError, from: string): Uint8Array | undefined {
  const { family, frame, ipAt } = packet;
  const to = packet.from.address;
  if (!isAnswered(to) || !isAnswered(from)) return undefined;
  const ipLength = family === 4 ? 20 : 40;
  const quote = frame.subarray(ipAt, ipAt + Math.min(ipLengthOf(packet), QUOTE));
  if (quote.length < ipLength) return undefined;

  const bytes = new Uint8Array(ipAt + ipLength + 8 + quote.length);
  const view = new DataView(bytes.buffer);
  bytes.set(frame.subarray(0, ipAt));
  bytes.set(frame.subarray(6, 12), 0);
  bytes.set(frame.subarray(0, 6), 6);
  const length = 8 + quote.length;
  // Internetwork control, not to be fragmented.
  if (family === 4)
    writeIpv4(view, ipAt, { from, to, length: 20 + length, df: 0x4000, protocol: IpProto.ICMP, tos: 0xc0 });
  else writeIpv6(view, ipAt, { from, to, length, protocol: IpProto.ICMPv6 });
  const at = ipAt + ipLength;
  const [type, code] = TYPES[family][error.kind];
  view.setUint8(at, type);
  view.setUint8(at + 1, code);
  if (error.kind === 'too-big') view.setUint32(at + 4, family === 4 ? error.mtu & 0xffff : error.mtu);
  bytes.set(quote, at + 8);
  // Of ICMPv6 with its pseudo-header: addresses, length and protocol.
  const pseudo =
    family === 6
      ? [bytes.subarray(ipAt + 8, ipAt + 40), Uint8Array.of(0, IpProto.ICMPv6, length >> 8, length)]
      : [];
  view.setUint16(at + 2, checksumOf(...pseudo, bytes.subarray(at)));
  return bytes;
}

/** Groups, loopback and nobody are not answered, and answer nobody. */
export function isAnswered(address: string): boolean {
  if (address.includes(':')) return !/^ff..:/.test(address) && address !== '::' && address !== '::1';
  const first = Number(address.slice(0, address.indexOf('.')));
  return first !== 0 && first !== 127 && first < 224;
}
