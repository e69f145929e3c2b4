import { TestingError } from '../errors.ts';
import { formatIpv6, parseIpv6 } from './address.ts';
import type { Cursor } from './cursor.ts';

const EXTENSION_NUMBERS = { 'hop-by-hop': 0, routing: 43, fragment: 44, destination: 60 } as const;

/** An extension header of IPv6. */
export type Ipv6Extension =
  | {
      readonly kind: 'hop-by-hop' | 'routing' | 'destination';
      /** What follows the next-header and length bytes; filled with zeros to 8 n + 6 bytes when building. */
      readonly data: Uint8Array;
    }
  | {
      readonly kind: 'fragment';
      readonly id: number;
      /** In bytes; a multiple of 8. */
      readonly offset: number;
      /** More fragments. */
      readonly more: boolean;
    };

/** An IPv6 header and its extension headers. */
export interface Ipv6 {
  readonly src: string;
  readonly dst: string;
  readonly hopLimit: number;
  readonly trafficClass: number;
  readonly flowLabel: number;
  readonly extensions: readonly Ipv6Extension[];
  /** What follows the last extension header. */
  readonly protocol: number;
  /** Everything after the 40 bytes of the header. */
  readonly payloadLength: number;
}

export function writeIpv6(
  ip: Omit<Ipv6, 'payloadLength'> & { payloadLength?: number },
  payload: Uint8Array,
): Uint8Array {
  let next = ip.protocol;
  let body = payload;
  for (const extension of [...ip.extensions].reverse()) {
    body = writeExtension(extension, next, body);
    next = EXTENSION_NUMBERS[extension.kind];
  }
  const bytes = new Uint8Array(40 + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x6000_0000 + ip.trafficClass * 0x10_0000 + ip.flowLabel);
  view.setUint16(4, ip.payloadLength ?? body.length);
  view.setUint8(6, next);
  view.setUint8(7, ip.hopLimit);
  bytes.set(parseIpv6(ip.src), 8);
  bytes.set(parseIpv6(ip.dst), 24);
  bytes.set(body, 40);
  return bytes;
}

function writeExtension(extension: Ipv6Extension, next: number, payload: Uint8Array): Uint8Array {
  const length = extension.kind === 'fragment' ? 8 : Math.ceil((extension.data.length + 2) / 8) * 8;
  const bytes = new Uint8Array(length + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, next);
  if (extension.kind === 'fragment') {
    if (extension.offset % 8 !== 0)
      throw new TestingError(
        'LBX_PACKET_INVALID',
        `fragment offset ${extension.offset}: not a multiple of 8`,
      );
    view.setUint16(2, extension.offset | (extension.more ? 1 : 0));
    view.setUint32(4, extension.id);
  } else {
    view.setUint8(1, length / 8 - 1);
    bytes.set(extension.data, 2);
  }
  bytes.set(payload, length);
  return bytes;
}

export function readIpv6(at: Cursor, problems: string[]): Ipv6 {
  const { bytes, view } = at.take(40, 'IPv6 header');
  if (view.getUint8(0) >> 4 !== 6) problems.push(`IPv6 header: version ${view.getUint8(0) >> 4}`);
  const extensions: Ipv6Extension[] = [];
  let protocol = view.getUint8(6);
  for (let kind = extensionKind(protocol); kind !== undefined; kind = extensionKind(protocol)) {
    const head = at.take(8, `IPv6 ${kind} header`);
    protocol = head.view.getUint8(0);
    if (kind === 'fragment') {
      const word = head.view.getUint16(2);
      extensions.push({ kind, id: head.view.getUint32(4), offset: word & 0xfff8, more: (word & 1) !== 0 });
      // What follows in a later fragment is a piece of the datagram, not a header.
      if ((word & 0xfff8) !== 0) break;
    } else {
      const more = at.take(head.view.getUint8(1) * 8, `IPv6 ${kind} header`);
      extensions.push({ kind, data: Uint8Array.of(...head.bytes.subarray(2), ...more.bytes) });
    }
  }
  return {
    src: formatIpv6(bytes.subarray(8, 24)),
    dst: formatIpv6(bytes.subarray(24, 40)),
    hopLimit: view.getUint8(7),
    trafficClass: (view.getUint16(0) >> 4) & 0xff,
    flowLabel: view.getUint32(0) & 0xfffff,
    extensions,
    protocol,
    payloadLength: view.getUint16(4),
  };
}

function extensionKind(protocol: number): Ipv6Extension['kind'] | undefined {
  for (const [kind, number] of Object.entries(EXTENSION_NUMBERS))
    if (number === protocol) return kind as Ipv6Extension['kind'];
  return undefined;
}
