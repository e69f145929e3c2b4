import { pad } from '../codec/bytes.ts';
import type { TypeOf } from '../codec/field.ts';
import { be16, u64 } from '../codec/integers.ts';
import { ipv4 } from '../codec/ipv4.ts';
import { ipv6 } from '../codec/ipv6.ts';
import { scalar, struct } from '../codec/struct.ts';
import { revNatId } from './ids.ts';
import { MapFlag, mapLayout } from './map-layout.ts';

// Cilium 1.20.2: lb4_reverse_nat, lb6_reverse_nat (packed), ipv4_revnat_tuple, ipv4_revnat_entry and the IPv6 ones.

const port = be16.doc('Layer 4 port');

export const RevNatKey = scalar('revNatId', revNatId);
export type RevNatKey = TypeOf<typeof RevNatKey>;

export const Lb4ReverseNat = struct(
  'lb4_reverse_nat',
  { address: ipv4.doc('Virtual IPv4 address'), port },
  { packed: true },
);
export type Lb4ReverseNat = TypeOf<typeof Lb4ReverseNat>;

export const Lb6ReverseNat = struct(
  'lb6_reverse_nat',
  { address: ipv6.doc('Virtual IPv6 address'), port },
  { packed: true },
);
export type Lb6ReverseNat = TypeOf<typeof Lb6ReverseNat>;

const cookie = u64.doc('Socket cookie');

export const Ipv4RevnatTuple = struct('ipv4_revnat_tuple', {
  cookie,
  address: ipv4.doc('Backend address'),
  port: be16.doc('Backend port'),
  pad: pad(2),
});
export type Ipv4RevnatTuple = TypeOf<typeof Ipv4RevnatTuple>;

export const Ipv4RevnatEntry = struct('ipv4_revnat_entry', {
  address: ipv4.doc('Virtual address'),
  port: be16.doc('Virtual port'),
  revNatIndex: revNatId,
});
export type Ipv4RevnatEntry = TypeOf<typeof Ipv4RevnatEntry>;

export const Ipv6RevnatTuple = struct('ipv6_revnat_tuple', {
  cookie,
  address: ipv6.doc('Backend address'),
  port: be16.doc('Backend port'),
  pad: pad(6),
});
export type Ipv6RevnatTuple = TypeOf<typeof Ipv6RevnatTuple>;

export const Ipv6RevnatEntry = struct('ipv6_revnat_entry', {
  address: ipv6.doc('Virtual address'),
  port: be16.doc('Virtual port'),
  revNatIndex: revNatId,
});
export type Ipv6RevnatEntry = TypeOf<typeof Ipv6RevnatEntry>;

export const reverseNat4 = mapLayout('hash', 'lb4_reverse_nat', RevNatKey, Lb4ReverseNat, {
  flags: MapFlag.noPrealloc,
  doc: 'Virtual IPv4 address and port of a frontend id',
});
export const reverseNat6 = mapLayout('hash', 'lb6_reverse_nat', RevNatKey, Lb6ReverseNat, {
  flags: MapFlag.noPrealloc,
  doc: 'Virtual IPv6 address and port of a frontend id',
});
export const reverseSk4 = mapLayout('lru_hash', 'lb4_reverse_sk', Ipv4RevnatTuple, Ipv4RevnatEntry, {
  maxEntries: 262144,
  doc: 'Socket LB: what a translated IPv4 socket asked for',
});
export const reverseSk6 = mapLayout('lru_hash', 'lb6_reverse_sk', Ipv6RevnatTuple, Ipv6RevnatEntry, {
  maxEntries: 262144,
  doc: 'Socket LB: what a translated IPv6 socket asked for',
});
