import { TestingError } from '../errors.ts';
import { parseIpv4, parseIpv6 } from './address.ts';
import type { PseudoHeader } from './checksum.ts';
import { ETH_TYPE, type Eth, isVlan, type Vlan, writeEth, writeVlan } from './ethernet.ts';
import { type IcmpFields, writeIcmp } from './icmp.ts';
import { type Ipv4, writeIpv4 } from './ipv4.ts';
import { type Ipv6, writeIpv6 } from './ipv6.ts';
import { type Sctp, writeSctp } from './sctp.ts';
import { type Tcp, writeTcp } from './tcp.ts';
import { type Udp, writeUdp } from './udp.ts';

type Fields<T, Needed extends keyof T = never> = Partial<T> & Pick<T, Needed>;

type Layer =
  | { readonly kind: 'eth'; readonly fields: Fields<Eth> }
  | { readonly kind: 'vlan'; readonly fields: Fields<Vlan, 'id'> }
  | { readonly kind: 'ipv4'; readonly fields: Fields<Ipv4, 'src' | 'dst'> }
  | { readonly kind: 'ipv6'; readonly fields: Fields<Ipv6, 'src' | 'dst'> }
  | { readonly kind: 'tcp'; readonly fields: Fields<Tcp, 'sport' | 'dport'> }
  | { readonly kind: 'udp'; readonly fields: Fields<Udp, 'sport' | 'dport'> }
  | { readonly kind: 'sctp'; readonly fields: Fields<Sctp, 'sport' | 'dport'> }
  | { readonly kind: 'icmp'; readonly fields: IcmpFields }
  | { readonly kind: 'payload'; readonly fields: Uint8Array };

/** Headers from the outermost to the innermost. Each call returns a new builder; the one called stays as it was. */
export interface PacketBuilder {
  eth(fields?: Fields<Eth>): PacketBuilder;
  /** A tag; two of them for 802.1ad (give the Ethernet header type 0x88a8 then). */
  vlan(fields: Fields<Vlan, 'id'>): PacketBuilder;
  ipv4(fields: Fields<Ipv4, 'src' | 'dst'>): PacketBuilder;
  ipv6(fields: Fields<Ipv6, 'src' | 'dst'>): PacketBuilder;
  tcp(fields: Fields<Tcp, 'sport' | 'dport'>): PacketBuilder;
  udp(fields: Fields<Udp, 'sport' | 'dport'>): PacketBuilder;
  /** The common header; chunks are payload. */
  sctp(fields: Fields<Sctp, 'sport' | 'dport'>): PacketBuilder;
  /** ICMP after ipv4, ICMPv6 after ipv6. */
  icmp(fields: IcmpFields): PacketBuilder;
  /** Bytes, or text as UTF-8. */
  payload(data: Uint8Array | string): PacketBuilder;
  /** What an ICMP error carries: the IP packet inside `frame` (an Ethernet frame), cut to `length` bytes. */
  quote(frame: Uint8Array | PacketBuilder, length?: number): PacketBuilder;
  /** The packet. Lengths, checksums and protocol numbers not given are computed. */
  bytes(): Uint8Array;
}

/**
 * Begins a packet with an Ethernet header.
 *
 * ```ts
 * eth().ipv4({ src: '203.0.113.5', dst: '198.51.100.1' }).tcp({ sport: 40000, dport: 80, flags: ['syn'] }).bytes();
 * ```
 */
export function eth(fields: Fields<Eth> = {}): PacketBuilder {
  return createBuilder([{ kind: 'eth', fields }]);
}

/** Begins a packet with an IPv4 header (no Ethernet). */
export function ipv4(fields: Fields<Ipv4, 'src' | 'dst'>): PacketBuilder {
  return createBuilder([{ kind: 'ipv4', fields }]);
}

/** Begins a packet with an IPv6 header (no Ethernet). */
export function ipv6(fields: Fields<Ipv6, 'src' | 'dst'>): PacketBuilder {
  return createBuilder([{ kind: 'ipv6', fields }]);
}

function createBuilder(layers: readonly Layer[]): PacketBuilder {
  const add = (layer: Layer) => createBuilder([...layers, layer]);
  return {
    eth: (fields = {}) => add({ kind: 'eth', fields }),
    vlan: (fields) => add({ kind: 'vlan', fields }),
    ipv4: (fields) => add({ kind: 'ipv4', fields }),
    ipv6: (fields) => add({ kind: 'ipv6', fields }),
    tcp: (fields) => add({ kind: 'tcp', fields }),
    udp: (fields) => add({ kind: 'udp', fields }),
    sctp: (fields) => add({ kind: 'sctp', fields }),
    icmp: (fields) => add({ kind: 'icmp', fields }),
    payload: (data) =>
      add({ kind: 'payload', fields: typeof data === 'string' ? new TextEncoder().encode(data) : data }),
    quote: (frame, length) =>
      add({
        kind: 'payload',
        fields: ipPart(frame instanceof Uint8Array ? frame : frame.bytes()).subarray(0, length),
      }),
    bytes: () => writeLayers(layers),
  };
}

/** The IP packet inside an Ethernet frame, without VLAN tags and without padding. */
export function ipPart(frame: Uint8Array): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  let at = 14;
  while (at < 22 && frame.length >= at + 4 && isVlan(view.getUint16(at - 2))) at += 4;
  if (frame.length < at + 20) throw new TestingError('LBX_PACKET_INVALID', 'no IP packet in this frame');
  const length = frame[at]! >> 4 === 6 ? 40 + view.getUint16(at + 4) : view.getUint16(at + 2);
  return frame.slice(at, at + length);
}

function writeLayers(layers: readonly Layer[]): Uint8Array {
  let bytes = new Uint8Array(0);
  for (let i = layers.length - 1; i >= 0; i--)
    bytes = writeLayer(layers, i, bytes) as Uint8Array<ArrayBuffer>;
  return bytes;
}

function writeLayer(layers: readonly Layer[], i: number, body: Uint8Array): Uint8Array {
  const layer = layers[i]!;
  const next = layers[i + 1]?.kind;
  switch (layer.kind) {
    case 'payload': {
      const bytes = new Uint8Array(layer.fields.length + body.length);
      bytes.set(layer.fields);
      bytes.set(body, layer.fields.length);
      return bytes;
    }
    case 'eth':
      return writeEth(
        { src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02', type: etherType(next), ...layer.fields },
        body,
      );
    case 'vlan':
      return writeVlan({ priority: 0, dropEligible: false, type: etherType(next), ...layer.fields }, body);
    case 'ipv4':
      return writeIpv4(
        {
          ttl: 64,
          tos: 0,
          id: 0,
          df: false,
          mf: false,
          fragmentOffset: 0,
          protocol: protocolNumber(next, false),
          options: new Uint8Array(0),
          ...layer.fields,
        },
        body,
      );
    case 'ipv6':
      return writeIpv6(
        {
          hopLimit: 64,
          trafficClass: 0,
          flowLabel: 0,
          extensions: [],
          protocol: protocolNumber(next, true),
          ...layer.fields,
        },
        body,
      );
    case 'tcp':
      return writeTcp(
        {
          seq: 1,
          ack: 0,
          flags: ['ack'],
          window: 65535,
          urgent: 0,
          options: new Uint8Array(0),
          ...layer.fields,
        },
        body,
        pseudoHeader(layers, i),
      );
    case 'udp':
      return writeUdp(layer.fields, body, pseudoHeader(layers, i));
    case 'sctp':
      return writeSctp(layer.fields, body);
    case 'icmp':
      return writeIcmp(layer.fields, body, pseudoHeader(layers, i));
  }
}

function etherType(next: Layer['kind'] | undefined): number {
  if (next === 'vlan' || next === 'ipv6') return ETH_TYPE[next];
  // 0x88b5 is set aside for experiments: what follows is no packet that anybody handles.
  return next === 'ipv4' ? ETH_TYPE.ipv4 : 0x88b5;
}

function protocolNumber(next: Layer['kind'] | undefined, isV6: boolean): number {
  switch (next) {
    case 'tcp':
      return 6;
    case 'udp':
      return 17;
    case 'sctp':
      return 132;
    case 'icmp':
      return isV6 ? 58 : 1;
    case 'ipv4':
      return 4;
    case 'ipv6':
      return 41;
    default:
      // 253 is set aside for experiments (RFC 3692).
      return 253;
  }
}

function pseudoHeader(layers: readonly Layer[], i: number): PseudoHeader {
  const kind = layers[i]!.kind;
  for (let j = i - 1; j >= 0; j--) {
    const layer = layers[j]!;
    if (layer.kind !== 'ipv4' && layer.kind !== 'ipv6') continue;
    const parse = layer.kind === 'ipv6' ? parseIpv6 : parseIpv4;
    const protocol = protocolNumber(kind, layer.kind === 'ipv6');
    return { src: parse(layer.fields.src), dst: parse(layer.fields.dst), protocol };
  }
  throw new TestingError('LBX_PACKET_INVALID', `${kind}: needs an ipv4 or ipv6 header before it`);
}
