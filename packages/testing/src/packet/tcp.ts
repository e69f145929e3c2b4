import { TestingError } from '../errors.ts';
import { checkPort } from './check-port.ts';
import { type PseudoHeader, segmentChecksum } from './checksum.ts';
import type { Cursor } from './cursor.ts';

const FLAGS = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr'] as const;

export type TcpFlag = (typeof FLAGS)[number];

/** A TCP header. */
export interface Tcp {
  readonly sport: number;
  readonly dport: number;
  readonly seq: number;
  readonly ack: number;
  /** In the order of their bits: fin, syn, rst, psh, ack, urg, ece, cwr. */
  readonly flags: readonly TcpFlag[];
  readonly window: number;
  readonly urgent: number;
  /** Raw, a multiple of 4 bytes; shorter ones are filled with end-of-options when building. */
  readonly options: Uint8Array;
  readonly checksum: number;
}

export function writeTcp(
  tcp: Omit<Tcp, 'checksum'> & { checksum?: number },
  payload: Uint8Array,
  pseudo: PseudoHeader,
): Uint8Array {
  const headerLength = 20 + Math.ceil(tcp.options.length / 4) * 4;
  if (headerLength > 60) throw new TestingError('LBX_PACKET_INVALID', 'TCP options: more than 40 bytes');
  const bytes = new Uint8Array(headerLength + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, checkPort(tcp.sport));
  view.setUint16(2, checkPort(tcp.dport));
  view.setUint32(4, tcp.seq);
  view.setUint32(8, tcp.ack);
  view.setUint8(12, (headerLength / 4) << 4);
  for (const flag of tcp.flags) {
    const bit = FLAGS.indexOf(flag);
    if (bit < 0)
      throw new TestingError('LBX_PACKET_INVALID', `'${flag}' is no TCP flag; they are ${FLAGS.join(', ')}`);
    bytes[13]! |= 1 << bit;
  }
  view.setUint16(14, tcp.window);
  view.setUint16(18, tcp.urgent);
  bytes.set(tcp.options, 20);
  bytes.set(payload, headerLength);
  view.setUint16(16, tcp.checksum ?? segmentChecksum(pseudo, bytes));
  return bytes;
}

export function readTcp(at: Cursor, problems: string[]): Tcp {
  const { view } = at.take(20, 'TCP header');
  const headerLength = (view.getUint8(12) >> 4) * 4;
  if (headerLength < 20) problems.push(`TCP header: length ${headerLength}`);
  const options = at.take(Math.max(headerLength - 20, 0), 'TCP options').bytes;
  const flags = view.getUint8(13);
  return {
    sport: view.getUint16(0),
    dport: view.getUint16(2),
    seq: view.getUint32(4),
    ack: view.getUint32(8),
    flags: FLAGS.filter((_, bit) => ((flags >> bit) & 1) === 1),
    window: view.getUint16(14),
    urgent: view.getUint16(18),
    options: options.slice(),
    checksum: view.getUint16(16),
  };
}
