import type { Family } from '../model/address.ts';

/** Where a packet begins or ends: address and port. */
export interface PacketEnd {
  readonly address: string;
  readonly port: number;
}

/**
 * What a frame is to the datapath. `flow`: TCP or UDP with its header; the others have no ports that can be trusted.
 * `other`: nothing that is balanced.
 */
type PacketKind = 'flow' | 'icmp' | 'tunnel' | 'options' | 'fragment' | 'other';

/** A frame, read as far as its kind says. */
export interface Packet {
  readonly kind: PacketKind;
  /** The frame as it came. */
  readonly frame: Uint8Array;
  readonly family: Family;
  /** Link addresses. */
  readonly link: { readonly src: string; readonly dst: string };
  /** The tag in front of the IP header; behind a second one nobody looks. */
  readonly vlan?: { readonly type: number; readonly id: number };
  /** Offset of the IP header. */
  readonly ipAt: number;
  /** Offset of what follows the IP header: TCP, UDP or ICMP. */
  readonly l4At: number;
  readonly proto: number;
  readonly from: PacketEnd;
  readonly to: PacketEnd;
  /** TTL or hop limit. */
  readonly hops: number;
  /** Byte 13 of the TCP header; 0 for others. */
  readonly tcpFlags: number;
}

/** Bits of a TCP header's flags. */
export const TcpBit = { fin: 0x01, syn: 0x02, rst: 0x04, ack: 0x10 } as const;

/** SYN, FIN and RST change what a flow is, and a packet that may go no further ends here; all others are plain. */
export function isPlain({ tcpFlags, hops }: Packet): boolean {
  return (tcpFlags & (TcpBit.syn | TcpBit.fin | TcpBit.rst)) === 0 && hops > 1;
}

/** A SYN without ACK: a client that begins. */
export function isTcpStart(tcpFlags: number): boolean {
  return (tcpFlags & (TcpBit.syn | TcpBit.ack)) === TcpBit.syn;
}
