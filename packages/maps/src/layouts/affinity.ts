import { pad } from '../codec/bytes.ts';
import type { TypeOf } from '../codec/field.ts';
import { bit0, u64 } from '../codec/integers.ts';
import { ipv4 } from '../codec/ipv4.ts';
import { ipv6 } from '../codec/ipv6.ts';
import { padTo } from '../codec/pad-to.ts';
import { struct } from '../codec/struct.ts';
import { variants } from '../codec/variants.ts';
import { backendId, revNatId } from './ids.ts';
import { MapFlag, mapLayout } from './map-layout.ts';

// Cilium 1.20.2: lb4_affinity_key, lb6_affinity_key, lb_affinity_val, lb_affinity_match.

const tail = {
  revNatId,
  netnsCookie: bit0.doc('Is the client a network namespace (its cookie) and not an address?'),
  pad1: pad(1),
  pad2: pad(4),
};
const address = 'Client address (netnsCookie false)';
const cookie = 'Cookie of the client network namespace (netnsCookie true)';

/** Client outside of the node: `{ clientIp, revNatId, netnsCookie: false }`. */
const Lb4AddressClient = struct('lb4_affinity_key', {
  clientIp: padTo(ipv4, 8).as('union lb4_affinity_client_id').named('client_id').doc(address),
  ...tail,
});
/** Client on the node: `{ clientCookie, revNatId, netnsCookie: true }`. */
const Lb4CookieClient = struct('lb4_affinity_key', {
  clientCookie: u64.as('union lb4_affinity_client_id').named('client_id').doc(cookie),
  ...tail,
});
const Lb6AddressClient = struct('lb6_affinity_key', {
  clientIp: ipv6.as('union lb6_affinity_client_id').named('client_id').doc(address),
  ...tail,
});
const Lb6CookieClient = struct('lb6_affinity_key', {
  clientCookie: padTo(u64, 16).as('union lb6_affinity_client_id').named('client_id').doc(cookie),
  ...tail,
});

const byNetns = (flagAt: number) => ({
  isFirst: (value: object) => 'clientIp' in value,
  holdsFirst: (view: DataView, at: number) => (view.getUint8(at + flagAt) & 1) === 0,
});

export const Lb4AffinityKey = variants(Lb4AddressClient, Lb4CookieClient, byNetns(10));
export type Lb4AffinityKey = TypeOf<typeof Lb4AffinityKey>;

export const Lb6AffinityKey = variants(Lb6AddressClient, Lb6CookieClient, byNetns(18));
export type Lb6AffinityKey = TypeOf<typeof Lb6AffinityKey>;

export const LbAffinityVal = struct('lb_affinity_val', {
  lastUsed: u64.doc('Time of the last packet, in the unit of the datapath clock (seconds)'),
  backendId,
  pad: pad(4),
});
export type LbAffinityVal = TypeOf<typeof LbAffinityVal>;

export const LbAffinityMatch = struct('lb_affinity_match', { backendId, revNatId, pad: pad(2) });
export type LbAffinityMatch = TypeOf<typeof LbAffinityMatch>;

/** A value that only says "present": one zero byte. */
export const Present = struct('__u8', { pad: pad(1) });
export type Present = TypeOf<typeof Present>;

export const affinity4 = mapLayout('lru_hash', 'lb4_affinity', Lb4AffinityKey, LbAffinityVal, {
  doc: 'Backend that an IPv4 client of a session affinity service has',
});
export const affinity6 = mapLayout('lru_hash', 'lb6_affinity', Lb6AffinityKey, LbAffinityVal, {
  doc: 'Backend that an IPv6 client of a session affinity service has',
});
export const affinityMatch = mapLayout('hash', 'lb_affinity_match', LbAffinityMatch, Present, {
  flags: MapFlag.noPrealloc | MapFlag.readonlyProg,
  doc: 'Backends that a session affinity service still has',
});
