import { pad } from '../codec/bytes.ts';
import type { TypeOf } from '../codec/field.ts';
import { be16, u8, u16, u32, u64 } from '../codec/integers.ts';
import { ipv6 } from '../codec/ipv6.ts';
import { scalar, struct } from '../codec/struct.ts';
import { IpProto } from '../layouts/names.ts';
import { mappedAddress } from './mapped-address.ts';
import { repeated } from './nested.ts';
import { REASON_COUNT } from './reasons.ts';

// bpf/include/lbx/event.h, events.h, hooks.h

/** Where in the kernel a packet was seen. */
export const Hook = { xdp: 1, tcIngress: 2, tcEgress: 3 } as const;

/** Which way a packet of a flow goes, as far as it is known: 0 when not. */
export const EventDirection = { request: 1, reply: 2 } as const;

/** Who can listen to events at the same time. */
export const EVENT_LISTENERS = 8;

/** One packet, as a program told of it; 72 bytes of a ring buffer. Addresses and ports are the packet's own, before translation. */
export const LbxEvent = struct('lbx_event', {
  time: u64.doc('Nanoseconds since boot (CLOCK_MONOTONIC)'),
  saddr: mappedAddress.doc('Source address, IPv4 mapped into ::ffff:0:0/96'),
  daddr: mappedAddress.doc('Destination address'),
  sport: be16.doc('Source port; 0 where there is none'),
  dport: be16.doc('Destination port'),
  ifindex: u32.doc('Device of the hook'),
  length: u32.doc('Bytes of the frame'),
  backendId: u32.brand<'BackendId'>().doc('Backend; 0: none known'),
  oneIn: u32.doc('The record stands for so many packets'),
  revNatIndex: be16.as('__u16').brand<'RevNatId'>().doc('Service; 0: none known'),
  cpu: u16.doc('CPU'),
  reason: u8.doc('Number of the reason'),
  hook: u8.values(Hook).doc('Where it was seen'),
  direction: u8.values(EventDirection).doc('Which way it goes; 0: not known'),
  family: u8.doc('4, 6, or 0: no IP packet'),
  proto: u8.values(IpProto).doc('IPPROTO_*'),
  tcpFlags: u8.doc('Flags of a TCP header'),
  rejected: u8.doc('1: the sender is told by ICMP'),
  pad: pad(1),
});
export type LbxEvent = TypeOf<typeof LbxEvent>;

export const LbxEventRuleKey = scalar('reason', u32.doc('Number of the reason'));

export const LbxEventRule = scalar('listeners', u32.doc('Bit n: listener n wants packets with this reason'));

export const LbxEventListenerKey = scalar(
  'listener',
  u32.doc('0 to 7; its ring has the same number in lbx_events'),
);

/** What one listener wants to be told of. */
export const LbxEventListener = struct('lbx_event_listener', {
  until: u64.doc('When it stops to listen, as LbxEvent.time; it keeps moving this'),
  address: ipv6.doc('Packets from or to this network, IPv4 mapped into ::ffff:0:0/96'),
  mask: ipv6.doc('Its mask; all zero: every packet'),
  oneIn: repeated(u32, REASON_COUNT).doc('By reason: 0 none, n every n-th on each CPU'),
});
export type LbxEventListener = TypeOf<typeof LbxEventListener>;

/** One of the services that a listener wants to be told of; without any for it, of all. */
export const LbxEventServiceKey = struct('lbx_event_service', {
  listener: u32.doc('0 to 7'),
  revNatIndex: be16.as('__u16').brand<'RevNatId'>().doc('Frontend; 0: packets of which none is known'),
  pad: pad(2),
  address: ipv6.doc(
    'Their destination, IPv4 mapped into ::ffff:0:0/96; with 0 as frontend and all zero: there are wishes',
  ),
});
export type LbxEventServiceKey = TypeOf<typeof LbxEventServiceKey>;

export const LbxEventServiceUntil = scalar(
  'until',
  u64.doc('Of the entry that says that there are wishes: until when'),
);

export const LbxEventStatsKey = scalar('place', u32.doc(`Listener * ${REASON_COUNT} + number of the reason`));

/** Of one listener and reason, on one CPU. */
export const LbxEventStats = struct('lbx_event_stats', {
  seen: u64.doc('Packets that it wanted, before sampling'),
  lost: u64.doc('Records that its ring had no room for'),
});
export type LbxEventStats = TypeOf<typeof LbxEventStats>;
