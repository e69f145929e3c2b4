import { pad } from '../codec/bytes.ts';
import type { TypeOf } from '../codec/field.ts';
import { be16, u8, u16, u64 } from '../codec/integers.ts';
import { ipv4 } from '../codec/ipv4.ts';
import { ipv6 } from '../codec/ipv6.ts';
import { scalar, struct } from '../codec/struct.ts';
import { backendId } from './ids.ts';
import { MapFlag, mapLayout } from './map-layout.ts';
import { BackendStateByte, IpProto } from './names.ts';

// Cilium 1.20.2: lb4_backend, lb6_backend; keys are bare __u32 and __u64.

const tail = {
  port: be16.doc('Layer 4 port'),
  proto: u8.values(IpProto).doc('IPPROTO_*'),
  state: u8.values(BackendStateByte).doc('State'),
  clusterId: u16.doc('Cluster of the backend; Cilium writes 0 for IPv6'),
  zone: u8.doc('Number of the zone; 0 is none'),
  pad: pad(1),
};

export const BackendKey = scalar('backendId', backendId);
export type BackendKey = TypeOf<typeof BackendKey>;

export const Lb4Backend = struct('lb4_backend', { address: ipv4.doc('IPv4 address'), ...tail });
export type Lb4Backend = TypeOf<typeof Lb4Backend>;

export const Lb6Backend = struct('lb6_backend', { address: ipv6.doc('IPv6 address'), ...tail });
export type Lb6Backend = TypeOf<typeof Lb6Backend>;

export const HealthKey = scalar('cookie', u64.doc('Socket cookie'));
export type HealthKey = TypeOf<typeof HealthKey>;

const flags = MapFlag.noPrealloc;
export const backends4 = mapLayout('hash', 'lb4_backends_v3', BackendKey, Lb4Backend, {
  flags,
  doc: 'IPv4 backends by id',
});
export const backends6 = mapLayout('hash', 'lb6_backends_v3', BackendKey, Lb6Backend, {
  flags,
  doc: 'IPv6 backends by id',
});
export const health4 = mapLayout('lru_hash', 'lb4_health', HealthKey, Lb4Backend, {
  doc: 'Backend that a health check socket is bound to',
});
export const health6 = mapLayout('lru_hash', 'lb6_health', HealthKey, Lb6Backend, {
  doc: 'Backend that a health check socket is bound to',
});
