import { TestingError } from '../errors.ts';
import { formatIpv4, parseIpv4 } from './address.ts';
import { internetChecksum } from './checksum.ts';
import type { Cursor } from './cursor.ts';

/** An IPv4 header. */
export interface Ipv4 {
  readonly src: string;
  readonly dst: string;
  readonly ttl: number;
  /** The whole byte of DSCP and ECN. */
  readonly tos: number;
  readonly id: number;
  /** Don't fragment. */
  readonly df: boolean;
  /** More fragments. */
  readonly mf: boolean;
  /** In bytes; a multiple of 8. */
  readonly fragmentOffset: number;
  readonly protocol: number;
  /** Raw, a multiple of 4 bytes; shorter ones are filled with end-of-options when building. */
  readonly options: Uint8Array;
  readonly totalLength: number;
  readonly checksum: number;
}

export function writeIpv4(
  ip: Omit<Ipv4, 'totalLength' | 'checksum'> & { totalLength?: number; checksum?: number },
  payload: Uint8Array,
): Uint8Array {
  const headerLength = 20 + Math.ceil(ip.options.length / 4) * 4;
  if (headerLength > 60) throw new TestingError('LBX_PACKET_INVALID', 'IPv4 options: more than 40 bytes');
  if (ip.fragmentOffset % 8 !== 0)
    throw new TestingError('LBX_PACKET_INVALID', `fragmentOffset ${ip.fragmentOffset}: not a multiple of 8`);
  const bytes = new Uint8Array(headerLength + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 0x40 | (headerLength / 4));
  view.setUint8(1, ip.tos);
  view.setUint16(2, ip.totalLength ?? bytes.length);
  view.setUint16(4, ip.id);
  view.setUint16(6, (ip.df ? 0x4000 : 0) | (ip.mf ? 0x2000 : 0) | (ip.fragmentOffset / 8));
  view.setUint8(8, ip.ttl);
  view.setUint8(9, ip.protocol);
  bytes.set(parseIpv4(ip.src), 12);
  bytes.set(parseIpv4(ip.dst), 16);
  bytes.set(ip.options, 20);
  view.setUint16(10, ip.checksum ?? internetChecksum(bytes.subarray(0, headerLength)));
  bytes.set(payload, headerLength);
  return bytes;
}

export function readIpv4(at: Cursor, problems: string[]): Ipv4 {
  const start = at.rest;
  const { bytes, view } = at.take(20, 'IPv4 header');
  const headerLength = (view.getUint8(0) & 15) * 4;
  if (view.getUint8(0) >> 4 !== 4) problems.push(`IPv4 header: version ${view.getUint8(0) >> 4}`);
  if (headerLength < 20) problems.push(`IPv4 header: length ${headerLength}`);
  const options = at.take(Math.max(headerLength - 20, 0), 'IPv4 options').bytes;
  if (internetChecksum(start.subarray(0, Math.max(headerLength, 20))) !== 0)
    problems.push('IPv4 header checksum is wrong');
  const fragment = view.getUint16(6);
  return {
    src: formatIpv4(bytes.subarray(12, 16)),
    dst: formatIpv4(bytes.subarray(16, 20)),
    ttl: view.getUint8(8),
    tos: view.getUint8(1),
    id: view.getUint16(4),
    df: (fragment & 0x4000) !== 0,
    mf: (fragment & 0x2000) !== 0,
    fragmentOffset: (fragment & 0x1fff) * 8,
    protocol: view.getUint8(9),
    options: options.slice(),
    totalLength: view.getUint16(2),
    checksum: view.getUint16(10),
  };
}
