import { bits } from '../codec/bits.ts';
import { pad } from '../codec/bytes.ts';
import type { TypeOf } from '../codec/field.ts';
import { be16, u8, u16, u32 } from '../codec/integers.ts';
import { ipv4 } from '../codec/ipv4.ts';
import { ipv6 } from '../codec/ipv6.ts';
import { padTo } from '../codec/pad-to.ts';
import { type Struct, struct } from '../codec/struct.ts';
import { byKey } from '../codec/value-codec.ts';
import { variants } from '../codec/variants.ts';
import { backendId, revNatId } from './ids.ts';
import { MapFlag, mapLayout } from './map-layout.ts';
import { IpProto, Scope, ServiceFlag, ServiceFlag2 } from './names.ts';

// The only place where these bytes are described. Cilium 1.20.2: lb4_key, lb6_key, lb4_service, lb6_service.

const keyTail = {
  dport: be16.doc('Layer 4 port; 0 in wildcard entries'),
  backendSlot: u16.doc('0 is the frontend (master), n its n-th backend'),
  proto: u8.values(IpProto).doc('IPPROTO_*; any in wildcard entries and in entries of old versions'),
  scope: u8.values(Scope).doc('Which clients it is for'),
  pad: pad(2),
};

export const Lb4Key = struct('lb4_key', { address: ipv4.doc('Virtual IPv4 address'), ...keyTail });
export type Lb4Key = TypeOf<typeof Lb4Key>;

export const Lb6Key = struct('lb6_key', { address: ipv6.doc('Virtual IPv6 address'), ...keyTail });
export type Lb6Key = TypeOf<typeof Lb6Key>;

const valueTail = {
  count: u16.doc('Slot 0: active backends; other slots 0'),
  revNatIndex: revNatId.doc('Frontend id, network order; 0 in wildcard entries'),
  flags: u8.flags(ServiceFlag).doc('Type and policy bits; slots carry those of slot 0'),
  flags2: u8.flags(ServiceFlag2).doc('More bits; deny means quarantined in the slots of old versions'),
  qcount: u16.doc('Slot 0: slots after the active ones; other slots 0'),
};
const frontendFields = {
  affinityTimeout: bits(u32, { seconds: 24, algorithm: 8 }).doc(
    'Session affinity in seconds (low 24 bits), algorithm (high byte: 0 default, 1 random, 2 maglev)',
  ),
  ...valueTail,
};
const proxyFields = {
  l7LbProxyPort: padTo(be16, 4).as('__u32').doc('Port of the L7 proxy (flag l7), network order'),
  ...valueTail,
};
const slotFields = { backendId, ...valueTail };

/** Slot 0 of a service: `affinityTimeout` is `{ seconds, algorithm }`. */
export const Lb4Frontend = struct('lb4_service', frontendFields);
export type Lb4Frontend = TypeOf<typeof Lb4Frontend>;
/** Slot 0 of a service that an L7 proxy handles (flags2 has `l7`): the port takes the whole first word. */
export const Lb4ProxyFrontend = struct('lb4_service', proxyFields);
export type Lb4ProxyFrontend = TypeOf<typeof Lb4ProxyFrontend>;
/** Any other slot: one backend. */
export const Lb4Slot = struct('lb4_service', slotFields);
export type Lb4Slot = TypeOf<typeof Lb4Slot>;

export const Lb6Frontend = struct('lb6_service', frontendFields);
export type Lb6Frontend = TypeOf<typeof Lb6Frontend>;
export const Lb6ProxyFrontend = struct('lb6_service', proxyFields);
export type Lb6ProxyFrontend = TypeOf<typeof Lb6ProxyFrontend>;
export const Lb6Slot = struct('lb6_service', slotFields);
export type Lb6Slot = TypeOf<typeof Lb6Slot>;

/** Value of a services map; the same for both families. */
export type ServiceValue = Lb4Frontend | Lb4ProxyFrontend | Lb4Slot;

const FLAGS2_AT = 9;
const master = <A, B>(frontend: Struct<A>, proxy: Struct<B>) =>
  variants(frontend, proxy, {
    isFirst: (value) => !('l7LbProxyPort' in (value as object)),
    holdsFirst: (view, at) => (view.getUint8(at + FLAGS2_AT) & ServiceFlag2.l7) === 0,
  });
const lb4Master = master(Lb4Frontend, Lb4ProxyFrontend);
const lb6Master = master(Lb6Frontend, Lb6ProxyFrontend);

const flags = MapFlag.noPrealloc | MapFlag.readonlyProg;
const doc = 'Services: slot 0 is the frontend, slots 1..count its active backends, then qcount other ones';

export const services4 = mapLayout(
  'hash',
  'lb4_services_v2',
  Lb4Key,
  byKey<Lb4Key, ServiceValue>(
    (key) => (key.backendSlot === 0 ? lb4Master : Lb4Slot) as Struct<ServiceValue>,
    [lb4Master, Lb4Slot] as Struct<unknown>[],
  ),
  { flags, doc },
);

export const services6 = mapLayout(
  'hash',
  'lb6_services_v2',
  Lb6Key,
  byKey<Lb6Key, ServiceValue>(
    (key) => (key.backendSlot === 0 ? lb6Master : Lb6Slot) as Struct<ServiceValue>,
    [lb6Master, Lb6Slot] as Struct<unknown>[],
  ),
  { flags, doc },
);
