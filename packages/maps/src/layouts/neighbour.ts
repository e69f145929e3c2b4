import { mac, pad } from '../codec/bytes.ts';
import type { TypeOf } from '../codec/field.ts';
import { ipv4 } from '../codec/ipv4.ts';
import { ipv6 } from '../codec/ipv6.ts';
import { scalar, struct } from '../codec/struct.ts';
import { mapLayout } from './map-layout.ts';

// Cilium 1.20.2: key is the bare address, value union macaddr.

export const Neigh4Key = scalar('address', ipv4.doc('Client address'));
export type Neigh4Key = TypeOf<typeof Neigh4Key>;
export const Neigh6Key = scalar('address', ipv6.doc('Client address'));
export type Neigh6Key = TypeOf<typeof Neigh6Key>;

export const Macaddr = struct('macaddr', { addr: mac.doc('MAC address'), pad: pad(2) });
export type Macaddr = TypeOf<typeof Macaddr>;

const options = {
  maxEntries: 524288,
  doc: 'MAC addresses learned from requests, for replies that have no neighbour entry',
};
export const neigh4 = mapLayout('lru_hash', 'nodeport_neigh4', Neigh4Key, Macaddr, options);
export const neigh6 = mapLayout('lru_hash', 'nodeport_neigh6', Neigh6Key, Macaddr, options);
