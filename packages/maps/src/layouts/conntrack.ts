import { pad } from '../codec/bytes.ts';
import type { TypeOf } from '../codec/field.ts';
import { be16, u8, u16, u32, u64 } from '../codec/integers.ts';
import { ipv4 } from '../codec/ipv4.ts';
import { ipv6 } from '../codec/ipv6.ts';
import { padTo } from '../codec/pad-to.ts';
import { type Struct, struct } from '../codec/struct.ts';
import { byKey } from '../codec/value-codec.ts';
import { revNatId } from './ids.ts';
import { mapLayout } from './map-layout.ts';
import { CtFlag, IpProto, TupleFlag } from './names.ts';

// Cilium 1.20.2: ipv4_ct_tuple, ipv6_ct_tuple (packed), ct_entry. To read an installed Cilium's connection tracking.

const tupleTail = {
  dport: be16.doc('Destination port'),
  sport: be16.doc('Source port'),
  nexthdr: u8.values(IpProto).doc('IPPROTO_*'),
  flags: u8.flags(TupleFlag).doc('0 out, or'),
};

export const Ipv4CtTuple = struct(
  'ipv4_ct_tuple',
  { daddr: ipv4.doc('Destination address'), saddr: ipv4.doc('Source address'), ...tupleTail },
  { packed: true },
);
export type Ipv4CtTuple = TypeOf<typeof Ipv4CtTuple>;

export const Ipv6CtTuple = struct(
  'ipv6_ct_tuple',
  { daddr: ipv6.doc('Destination address'), saddr: ipv6.doc('Source address'), ...tupleTail },
  { packed: true },
);
export type Ipv6CtTuple = TypeOf<typeof Ipv6CtTuple>;

const entryTail = {
  packets: u64.doc('Packets seen'),
  bytes: u64.doc('Bytes seen'),
  lifetime: u32.doc('Expiry, in the unit of the datapath clock'),
  flags: u16.flags(CtFlag).doc('Bit fields in C'),
  revNatIndex: revNatId,
  natPort: be16.doc('Translated port'),
  txFlagsSeen: u8.doc('TCP flags sent'),
  rxFlagsSeen: u8.doc('TCP flags received'),
  srcSecId: u32.doc('Source identity'),
  lastTxReport: u32.doc('Time of the last report, sent'),
  lastRxReport: u32.doc('Time of the last report, received'),
};

/** Entry of a connection: the first 16 bytes are a translated address (IPv4 in the last four of them). */
export const CtEntry = struct('ct_entry', {
  natAddr: ipv6.doc('Translated address of egress entries'),
  ...entryTail,
});
export type CtEntry = TypeOf<typeof CtEntry>;

/** Entry of a connection to a service (tuple flag 4): the backend it is bound to. */
export const CtServiceEntry = struct('ct_entry', {
  reserved: pad(8),
  backendId: padTo(u32, 8)
    .as('__u64')
    .brand<'BackendId'>()
    .doc('Backend id of service entries (tuple flag 4)'),
  ...entryTail,
});
export type CtServiceEntry = TypeOf<typeof CtServiceEntry>;

const value = <K extends { readonly flags: number }>() =>
  byKey<K, CtEntry | CtServiceEntry>(
    (key) =>
      ((key.flags & TupleFlag.service) === 0 ? CtEntry : CtServiceEntry) as Struct<CtEntry | CtServiceEntry>,
    [CtServiceEntry, CtEntry] as Struct<unknown>[],
  );
const tcp = { maxEntries: 524288, doc: 'Connection tracking, TCP' };
const any = { maxEntries: 262144, doc: 'Connection tracking, other protocols' };

export const ct4 = mapLayout('lru_hash', 'ct4_global', Ipv4CtTuple, value<Ipv4CtTuple>(), tcp);
export const ct6 = mapLayout('lru_hash', 'ct6_global', Ipv6CtTuple, value<Ipv6CtTuple>(), tcp);
export const ctAny4 = mapLayout('lru_hash', 'ct_any4_global', Ipv4CtTuple, value<Ipv4CtTuple>(), any);
export const ctAny6 = mapLayout('lru_hash', 'ct_any6_global', Ipv6CtTuple, value<Ipv6CtTuple>(), any);
