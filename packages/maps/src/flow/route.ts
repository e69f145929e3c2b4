import { mac, pad } from '../codec/bytes.ts';
import type { TypeOf } from '../codec/field.ts';
import { u16, u32 } from '../codec/integers.ts';
import { ipv6 } from '../codec/ipv6.ts';
import { scalar, struct } from '../codec/struct.ts';

// bpf/include/lbx/routes.h

export const LbxRouteIndex = scalar('index', u32.doc('Place, near the hash of next hop and device'));

/** A next hop as the datapath last saw it; 64 bytes. */
export const LbxRoute = struct('lbx_route', {
  dmac: mac.doc('Link address of the next hop'),
  smac: mac.doc('Link address of the device'),
  stamp: u32.doc('Another after each change; odd while it is written; 0: free'),
  ifindex: u32.doc('Device'),
  updated: u32.doc('Jiffies when it was last confirmed'),
  mtu: u32.doc('Bytes of IP that this way takes; 0xffffffff: not known'),
  pad: pad(4),
  nextHop: ipv6.doc('Address of the next hop, IPv4 mapped into ::ffff:0:0/96'),
  pad2: pad(16),
});
export type LbxRoute = TypeOf<typeof LbxRoute>;

export const LbxBackendHopKey = scalar('backendId', u32.brand<'BackendId'>().doc('Backend'));

/** The way to a backend, as the kernel told it within the last second; 32 bytes. */
export const LbxBackendHop = struct('lbx_backend_hop', {
  address: ipv6.doc('Address of the backend, IPv4 mapped into ::ffff:0:0/96; ::: not known'),
  routeStamp: u32.doc('Stamp expected at `route`'),
  checked: u32.doc('Jiffies when the kernel was asked'),
  route: u16.doc('Index into lbx_routes'),
  pad: pad(6),
});
export type LbxBackendHop = TypeOf<typeof LbxBackendHop>;
