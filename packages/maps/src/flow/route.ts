import { mac, pad } from '../codec/bytes.ts';
import type { TypeOf } from '../codec/field.ts';
import { u16, u32 } from '../codec/integers.ts';
import { ipv4 } from '../codec/ipv4.ts';
import { scalar, struct } from '../codec/struct.ts';

// bpf/include/lbx/routes.h

export const LbxRouteIndex = scalar('index', u32.doc('Place, near the hash of next hop and device'));

/** A next hop as the datapath last saw it; 32 bytes. */
export const LbxRoute = struct('lbx_route', {
  dmac: mac.doc('Link address of the next hop'),
  smac: mac.doc('Link address of the device'),
  nextHop: ipv4.doc('Address of the next hop; 0.0.0.0: free'),
  ifindex: u32.doc('Device'),
  updated: u32.doc('Jiffies when it was last confirmed'),
  pad: pad(8),
});
export type LbxRoute = TypeOf<typeof LbxRoute>;

export const LbxBackendHopKey = scalar('backendId', u32.brand<'BackendId'>().doc('Backend'));

/** The way to a backend, as the kernel told it within the last second; 16 bytes. */
export const LbxBackendHop = struct('lbx_backend_hop', {
  address: ipv4.doc('Address of the backend; 0.0.0.0: not known'),
  nextHop: ipv4.doc('Next hop expected at `route`'),
  checked: u32.doc('Jiffies when the kernel was asked'),
  route: u16.doc('Index into lbx_routes'),
  pad: pad(2),
});
export type LbxBackendHop = TypeOf<typeof LbxBackendHop>;
