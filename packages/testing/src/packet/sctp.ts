import { checkPort } from './check-port.ts';
import { crc32c } from './crc32c.ts';
import type { Cursor } from './cursor.ts';

/** The common header of SCTP (12 bytes). Chunks are payload. */
export interface Sctp {
  readonly sport: number;
  readonly dport: number;
  /** Verification tag: 0 in packets with an INIT chunk. */
  readonly tag: number;
  /** CRC-32C of the whole packet; sent with its least significant byte first. */
  readonly checksum: number;
}

export function writeSctp(
  sctp: Omit<Sctp, 'checksum' | 'tag'> & { tag?: number; checksum?: number },
  payload: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(12 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, checkPort(sctp.sport));
  view.setUint16(2, checkPort(sctp.dport));
  view.setUint32(4, sctp.tag ?? 0);
  bytes.set(payload, 12);
  view.setUint32(8, sctp.checksum ?? crc32c(bytes), true);
  return bytes;
}

export function readSctp(at: Cursor): Sctp {
  const { view } = at.take(12, 'SCTP header');
  return {
    sport: view.getUint16(0),
    dport: view.getUint16(2),
    tag: view.getUint32(4),
    checksum: view.getUint32(8, true),
  };
}

/** What the checksum of a whole SCTP packet should be. */
export function sctpChecksum(packet: Uint8Array): number {
  const copy = packet.slice();
  copy.fill(0, 8, 12);
  return crc32c(copy);
}
