import { pad } from '../codec/bytes.ts';
import type { TypeOf } from '../codec/field.ts';
import { be16, u8, u16, u32 } from '../codec/integers.ts';
import { ipv4 } from '../codec/ipv4.ts';
import { struct } from '../codec/struct.ts';
import { IpProto } from '../layouts/names.ts';
import { nested } from './nested.ts';

// bpf/include/lbx/flow.h. Times are jiffies, low 32 bits.

/** `direction` of a flow key. */
export const FlowDirection = { request: 0, reply: 1 } as const;

/** `flags` of a flow: what was seen of it. */
export const FlowFlag = {
  local: 0x01,
  replied: 0x02,
  finRequest: 0x04,
  finReply: 0x08,
  /** RST, or the backend was removed. */
  reset: 0x10,
  /** The client answered the backend's answer. */
  confirmed: 0x20,
  /** The backend answers the client itself: no reply half here. */
  dsr: 0x40,
  /** Of a backend on this node: packets go past the node's network stack both ways. */
  peer: 0x80,
} as const;

/** A flow's packets as they arrive; 16 bytes. */
export const LbxFlow4Key = struct('lbx_flow4_key', {
  saddr: ipv4.doc('Source address'),
  daddr: ipv4.doc('Destination address'),
  sport: be16.doc('Source port'),
  dport: be16.doc('Destination port'),
  proto: u8.values(IpProto).doc('IPPROTO_*'),
  direction: u8.values(FlowDirection).doc('request: client to service; reply: local backend to client'),
  pad: pad(2),
});
export type LbxFlow4Key = TypeOf<typeof LbxFlow4Key>;

/** What becomes of them, and what is known of the flow; 64 bytes. */
export const LbxFlow4 = struct('lbx_flow4', {
  saddr: ipv4.doc('Source address to write'),
  daddr: ipv4.doc('Destination address to write'),
  sport: be16.doc('Source port to write; the SNAT port of a remote flow'),
  dport: be16.doc('Destination port to write'),
  l3Delta: u16.doc('Checksum delta of the IP header'),
  l4Delta: u16.doc('Checksum delta of TCP or UDP'),
  flags: u8.flags(FlowFlag).doc('What was seen'),
  way: u8.doc('Place of the reply half in its bucket of lbx_rev4'),
  revNatIndex: be16.as('__u16').brand<'RevNatId'>().doc('Service'),
  route: u16.doc('Index into lbx_routes'),
  pad: pad(2),
  backendId: u32.brand<'BackendId'>().doc('Backend'),
  generation: u32.doc('Generation of its metadata when the flow was made'),
  routeStamp: u32.doc('Stamp expected at `route`'),
  lastSeen: u32.doc('Jiffies of the last packet, to a quarter of a second'),
  checked: u32.doc('Jiffies when the route was last asked for'),
  pad2: pad(4),
  key: nested(LbxFlow4Key).doc('The key of this entry'),
});
export type LbxFlow4 = TypeOf<typeof LbxFlow4>;
