import { pad } from '../codec/bytes.ts';
import type { TypeOf } from '../codec/field.ts';
import { be16, be32, u8 } from '../codec/integers.ts';
import { ipv4 } from '../codec/ipv4.ts';
import { ipv6 } from '../codec/ipv6.ts';
import { struct } from '../codec/struct.ts';
import { mapLayout } from './map-layout.ts';
import { IpProto } from './names.ts';

// Cilium 1.20.2: ipv4_frag_id, ipv6_frag_id, and the ports that the first fragment had.

export const Ipv4FragId = struct('ipv4_frag_id', {
  daddr: ipv4.doc('Destination address'),
  saddr: ipv4.doc('Source address'),
  id: be16.doc('Identification of the datagram'),
  proto: u8.values(IpProto).doc('IPPROTO_*'),
  pad: pad(1),
});
export type Ipv4FragId = TypeOf<typeof Ipv4FragId>;

export const Ipv6FragId = struct('ipv6_frag_id', {
  id: be32.doc('Identification of the datagram'),
  proto: u8.values(IpProto).doc('IPPROTO_*'),
  pad: pad(3),
  saddr: ipv6.doc('Source address'),
  daddr: ipv6.doc('Destination address'),
});
export type Ipv6FragId = TypeOf<typeof Ipv6FragId>;

export const FragL4Ports = struct('ipv4_frag_l4ports', {
  sport: be16.doc('Source port'),
  dport: be16.doc('Destination port'),
});
export type FragL4Ports = TypeOf<typeof FragL4Ports>;

const options = { maxEntries: 8192, doc: 'Ports of fragmented datagrams' };
export const frag4 = mapLayout('lru_hash', 'ipv4_frag_datagrams', Ipv4FragId, FragL4Ports, options);
export const frag6 = mapLayout('lru_hash', 'ipv6_frag_datagrams', Ipv6FragId, FragL4Ports, options);
