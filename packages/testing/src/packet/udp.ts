import { checkPort } from './check-port.ts';
import { type PseudoHeader, segmentChecksum } from './checksum.ts';
import type { Cursor } from './cursor.ts';

/** A UDP header. */
export interface Udp {
  readonly sport: number;
  readonly dport: number;
  /** Header and payload. */
  readonly length: number;
  /** 0 = none (allowed over IPv4 only). */
  readonly checksum: number;
}

export function writeUdp(
  udp: Omit<Udp, 'length' | 'checksum'> & { length?: number; checksum?: number },
  payload: Uint8Array,
  pseudo: PseudoHeader,
): Uint8Array {
  const bytes = new Uint8Array(8 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, checkPort(udp.sport));
  view.setUint16(2, checkPort(udp.dport));
  view.setUint16(4, udp.length ?? bytes.length);
  bytes.set(payload, 8);
  // A computed 0 is sent as its other form: 0 means "no checksum" (RFC 768).
  view.setUint16(6, udp.checksum ?? (segmentChecksum(pseudo, bytes) || 0xffff));
  return bytes;
}

export function readUdp(at: Cursor): Udp {
  const { view } = at.take(8, 'UDP header');
  return {
    sport: view.getUint16(0),
    dport: view.getUint16(2),
    length: view.getUint16(4),
    checksum: view.getUint16(6),
  };
}
