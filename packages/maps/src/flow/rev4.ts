import { mac, pad } from '../codec/bytes.ts';
import type { TypeOf } from '../codec/field.ts';
import { be16, u8, u16, u32 } from '../codec/integers.ts';
import { ipv4 } from '../codec/ipv4.ts';
import { scalar, struct } from '../codec/struct.ts';
import { IpProto } from '../layouts/names.ts';
import { FlowFlag } from './flow4.ts';
import { nested, repeated } from './nested.ts';

// bpf/include/lbx/reverse.h. Times are jiffies, low 32 bits.

/** Flows that may share a SNAT port, each to another backend tuple. */
export const REV_WAYS = 8;

/** The reply half of a flow to a remote backend; 64 bytes. */
export const LbxRev4 = struct('lbx_rev4', {
  vipAddr: ipv4.doc('Source to write: the service address'),
  clientAddr: ipv4.doc('Destination to write'),
  vipPort: be16.doc('Source port to write'),
  clientPort: be16.doc('Destination port to write'),
  l3Delta: u16.doc('Checksum delta of the IP header, TTL included'),
  l4Delta: u16.doc('Checksum delta of TCP or UDP'),
  proto: u8.values(IpProto).doc('IPPROTO_*'),
  flags: u8.flags(FlowFlag).doc('What was seen'),
  pad: pad(2),
  backendAddr: ipv4.doc('Source of the replies'),
  backendPort: be16.doc('Source port of the replies'),
  route: u16.doc('Index into lbx_routes'),
  routeStamp: u32.doc('Stamp expected at `route`'),
  lastSeen: u32.doc('Jiffies of the last packet, to a quarter of a second'),
  checked: u32.doc('Jiffies when the route was last asked for'),
  backendId: u32.brand<'BackendId'>().doc('Backend'),
  generation: u32.doc('Generation of its metadata when the flow was made'),
  clientMac: mac.doc('Link address that the request came from'),
  revNatIndex: be16.as('__u16').brand<'RevNatId'>().doc('Service'),
  clientIfindex: u32.doc('Device that the request came by'),
  pad2: pad(4),
});
export type LbxRev4 = TypeOf<typeof LbxRev4>;

/** SNAT port, counted from `lbx_snat_min`. */
export const LbxRev4Index = scalar('index', u32.doc('SNAT port - lbx_snat_min'));

/** All flows on one SNAT port; 576 bytes. A way with tag 0 is free, whatever its entry holds. */
export const LbxRev4Bucket = struct('lbx_rev4_bucket', {
  tag: repeated(u32, REV_WAYS).doc('Hash of the backend tuple of each way, 0 free'),
  version: u32.doc('Odd while it is being written'),
  pad: pad(28),
  entry: repeated(nested(LbxRev4), REV_WAYS).doc('Reply halves'),
});
export type LbxRev4Bucket = TypeOf<typeof LbxRev4Bucket>;
