import { pad } from '../codec/bytes.ts';
import type { TypeOf } from '../codec/field.ts';
import { be16, u32, u64 } from '../codec/integers.ts';
import { ipv4 } from '../codec/ipv4.ts';
import { ipv6 } from '../codec/ipv6.ts';
import { scalar, struct } from '../codec/struct.ts';
import { Ipv4CtTuple, Ipv6CtTuple } from './conntrack.ts';
import { mapLayout } from './map-layout.ts';

// Cilium 1.20.2: ipv4_nat_entry, ipv6_nat_entry. Keys are tuples; flags 0 out, 1 in.

const head = {
  created: u64.doc('Time of creation, in the unit of the datapath clock'),
  needsCt: u64.doc('1 when the entry needs a connection tracking entry'),
  pad: pad(16),
};

export const Ipv4NatEntry = struct('ipv4_nat_entry', {
  ...head,
  toAddr: ipv4.doc('Translated address'),
  toPort: be16.doc('Translated port'),
  pad2: pad(2),
});
export type Ipv4NatEntry = TypeOf<typeof Ipv4NatEntry>;

export const Ipv6NatEntry = struct('ipv6_nat_entry', {
  ...head,
  toAddr: ipv6.doc('Translated address'),
  toPort: be16.doc('Translated port'),
  pad2: pad(6),
});
export type Ipv6NatEntry = TypeOf<typeof Ipv6NatEntry>;

/** Number of failed tries before a port was found, 0..32. */
export const AllocRetriesKey = scalar('tries', u32.doc('Tries before a port was found, 32 none found'));
export const AllocRetriesCount = scalar('flows', u32.doc('Flows'));

const nat = { maxEntries: 524288, doc: 'Source NAT, both directions of a flow' };
export const snat4 = mapLayout('lru_hash', 'snat_v4_external', Ipv4CtTuple, Ipv4NatEntry, nat);
export const snat6 = mapLayout('lru_hash', 'snat_v6_external', Ipv6CtTuple, Ipv6NatEntry, nat);

const retries = { maxEntries: 33, doc: 'Histogram of tries per allocated SNAT port' };
export const snatRetries4 = mapLayout(
  'percpu_array',
  'snat_v4_alloc_retries',
  AllocRetriesKey,
  AllocRetriesCount,
  retries,
);
export const snatRetries6 = mapLayout(
  'percpu_array',
  'snat_v6_alloc_retries',
  AllocRetriesKey,
  AllocRetriesCount,
  retries,
);
