import { checksumOf } from './internet-checksum.ts';
import { putAddress } from './put-address.ts';

/** Writes an IPv4 header of ours. `length`: of the whole packet; `df`: 0x4000 or 0. */
export function writeIpv4(
  view: DataView,
  at: number,
  ip: { from: string; to: string; length: number; df: number; protocol: number; tos: number },
): void {
  view.setUint8(at, 0x45);
  view.setUint8(at + 1, ip.tos);
  view.setUint16(at + 2, ip.length);
  view.setUint16(at + 6, ip.df);
  view.setUint8(at + 8, 64);
  view.setUint8(at + 9, ip.protocol);
  putAddress(view, at + 12, ip.from);
  putAddress(view, at + 16, ip.to);
  view.setUint16(at + 10, checksumOf(new Uint8Array(view.buffer, at, 20)));
}

/** Writes an IPv6 header of ours. `length`: of what follows it. */
export function writeIpv6(
  view: DataView,
  at: number,
  ip: { from: string; to: string; length: number; protocol: number },
): void {
  view.setUint8(at, 0x60);
  view.setUint16(at + 4, ip.length);
  view.setUint8(at + 6, ip.protocol);
  view.setUint8(at + 7, 64);
  putAddress(view, at + 8, ip.from);
  putAddress(view, at + 24, ip.to);
}
