import { pad } from '../codec/bytes.ts';
import type { TypeOf } from '../codec/field.ts';
import { be16, u8, u16, u32 } from '../codec/integers.ts';
import { ipv6 } from '../codec/ipv6.ts';
import { struct } from '../codec/struct.ts';
import { IpProto } from '../layouts/names.ts';
import { FlowDirection, FlowFlag } from './flow4.ts';
import { nested } from './nested.ts';

// bpf/include/lbx/flow.h, as compiled for IPv6

/** A flow's packets as they arrive; 40 bytes. */
export const LbxFlow6Key = struct('lbx_flow6_key', {
  saddr: ipv6.doc('Source address'),
  daddr: ipv6.doc('Destination address'),
  sport: be16.doc('Source port'),
  dport: be16.doc('Destination port'),
  proto: u8.values(IpProto).doc('IPPROTO_*'),
  direction: u8.values(FlowDirection).doc('request: client to service; reply: local backend to client'),
  pad: pad(2),
});
export type LbxFlow6Key = TypeOf<typeof LbxFlow6Key>;

/** What becomes of them, and what is known of the flow; 104 bytes. */
export const LbxFlow6 = struct('lbx_flow6', {
  saddr: ipv6.doc('Source address to write'),
  daddr: ipv6.doc('Destination address to write'),
  sport: be16.doc('Source port to write; the SNAT port of a remote flow'),
  dport: be16.doc('Destination port to write'),
  l4Delta: u16.doc('Checksum delta of TCP or UDP'),
  flags: u8.flags(FlowFlag).doc('What was seen'),
  way: u8.doc('Place of the reply half in its bucket of lbx_rev6'),
  revNatIndex: be16.as('__u16').brand<'RevNatId'>().doc('Service'),
  route: u16.doc('Index into lbx_routes'),
  backendId: u32.brand<'BackendId'>().doc('Backend'),
  generation: u32.doc('Generation of its metadata when the flow was made'),
  routeStamp: u32.doc('Stamp expected at `route`'),
  lastSeen: u32.doc('Jiffies of the last packet, to a quarter of a second'),
  checked: u32.doc('Jiffies when the route was last asked for'),
  key: nested(LbxFlow6Key).doc('The key of this entry'),
});
export type LbxFlow6 = TypeOf<typeof LbxFlow6>;
