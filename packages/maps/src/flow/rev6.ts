import { mac, pad } from '../codec/bytes.ts';
import type { TypeOf } from '../codec/field.ts';
import { be16, u8, u16, u32 } from '../codec/integers.ts';
import { ipv6 } from '../codec/ipv6.ts';
import { struct } from '../codec/struct.ts';
import { IpProto } from '../layouts/names.ts';
import { FlowFlag } from './flow4.ts';
import { nested, repeated } from './nested.ts';
import { REV_WAYS } from './rev4.ts';

// bpf/include/lbx/reverse.h, as compiled for IPv6

/** The reply half of a flow to a remote backend; 96 bytes. */
export const LbxRev6 = struct('lbx_rev6', {
  vipAddr: ipv6.doc('Source to write: the service address'),
  clientAddr: ipv6.doc('Destination to write'),
  vipPort: be16.doc('Source port to write'),
  clientPort: be16.doc('Destination port to write'),
  l4Delta: u16.doc('Checksum delta of TCP or UDP'),
  proto: u8.values(IpProto).doc('IPPROTO_*'),
  flags: u8.flags(FlowFlag).doc('What was seen'),
  backendAddr: ipv6.doc('Source of the replies'),
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
  pad: pad(4),
});
export type LbxRev6 = TypeOf<typeof LbxRev6>;

/** All flows on one SNAT port; 832 bytes. A way with tag 0 is free, whatever its entry holds. */
export const LbxRev6Bucket = struct('lbx_rev6_bucket', {
  tag: repeated(u32, REV_WAYS).doc('Hash of the backend tuple of each way, 0 free'),
  version: u32.doc('Odd while it is being written'),
  pad: pad(28),
  entry: repeated(nested(LbxRev6), REV_WAYS).doc('Reply halves'),
});
export type LbxRev6Bucket = TypeOf<typeof LbxRev6Bucket>;
