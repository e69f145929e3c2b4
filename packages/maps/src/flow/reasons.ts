/** What kind of fate a reason tells of. `note` counts beside the verdict, the others are the verdict. */
export type ReasonKind = 'sent' | 'note' | 'pass' | 'drop';

/** A reason that the datapath counts packets under. */
export interface Reason {
  /** Index in lbx_counters. */
  readonly id: number;
  /** The C name (`LBX_DROP_NO_BACKEND`) in lower case without the prefix: `drop_no_backend`. */
  readonly name: ReasonName;
  readonly kind: ReasonKind;
  readonly doc: string;
}

const table = {
  sent_request: [0, 'translated and sent to a remote backend'],
  sent_reply: [1, 'translated and sent to the client'],
  sent_local_request: [2, 'translated and passed up for a backend on this node'],
  sent_local_reply: [3, 'source of a local backend made the service again, at tc egress'],
  sent_icmp_error: [4, 'the sender was told by ICMP why its packet was not served'],
  sent_icmp_relayed: [5, 'an ICMP error about a translated packet, translated and sent on'],
  sent_echo_reply: [6, 'echo request to a service address, answered'],

  note_new_flow: [16, 'a backend was chosen for a new flow'],
  note_healed_flow: [17, 'one half of a flow was lost and made again from the other'],
  note_backend_gone: [18, 'the backend of a flow was removed: another one was chosen'],
  note_service_gone: [19, 'the service of a flow was deleted or made anew'],
  note_flow_expired: [20, 'a flow was silent too long, or started again after it was closed'],
  note_neighbour_kept: [
    21,
    'the kernel has no neighbour entry any more; the flow goes on with the known link address',
  ],
  note_neighbour_learned: [22, "no route or neighbour for a client; its request's link address is used"],
  note_maglev_missing: [23, 'the service has no Maglev table (yet); chosen at random'],
  note_dsr_by_snat: [24, 'the service asks for DSR; served by SNAT'],
  note_snat_scan_limited: [
    25,
    'a search for a SNAT port was kept short: the last one for this backend failed just now',
  ],
  note_flow_evicted: [
    26,
    'no place for a flow in its bucket or on its SNAT port: one that was not confirmed, or the longest silent, lost its own',
  ],
  note_icmp_limited: [27, 'no ICMP error sent: this CPU has sent enough in this second'],
  note_dsr_learnt: [29, 'a request came by DSR: the answers of its backend are given the service address'],
  note_other_device: [
    30,
    'XDP left the packet to tc ingress: its way leads to another device, or to a next hop that is not resolved',
  ],

  pass_no_service: [48, 'the gate let it through, but there is no such frontend'],
  pass_l7_service: [49, 'service of an L7 proxy on this node'],
  pass_reply_expired: [50, 'a reply of a flow that is over'],
  pass_fragment: [51, 'a fragment to a service address'],
  pass_options: [52, 'IP options in a packet to a service address'],
  pass_icmp: [53, 'ICMP about a service address that belongs to no flow'],

  drop_missed_tail_call: [64, 'lbx_xdp_calls is empty: it was not kept pinned'],
  drop_wildcard: [65, 'service address, but no service on this port'],
  drop_not_routable: [66, 'frontend that is only for inside (ClusterIP)'],
  drop_unsupported_service: [67, 'NAT46/64 service'],
  drop_source_range: [68, "client outside of the service's source ranges, or denied by them"],
  drop_no_backend: [69, 'service without an active backend'],
  drop_backend_missing: [70, 'the chosen backend has no entry or no metadata'],
  drop_no_snat_address: [71, 'remote backend, but lbx_snat_addr4 is not set'],
  drop_snat_ports_used_up: [72, 'no SNAT port found for this backend'],
  drop_flow_table: [73, 'the flow table took no entry'],
  drop_reply_collision: [
    74,
    'the same client port already talks to this local backend through another service address',
  ],
  drop_ttl: [75, 'TTL used up'],
  drop_no_route: [76, 'no route to the next end, or one that refuses'],
  drop_no_neighbour: [77, 'next hop of the backend not resolved'],
  drop_other_device: [78, 'the next hop is behind another device than the packet came by'],
  drop_forwarding_disabled: [79, 'net.ipv4.conf.DEVICE.forwarding is 0'],
  drop_rewrite: [80, 'a helper refused to rewrite the packet'],
  drop_contended: [81, 'another CPU was writing what this packet needed'],
  drop_no_local_backend: [82, 'no backend on this node, but on others (local traffic policy)'],
  drop_fragment_early: [83, 'a later fragment came before its first one, whose ports tell the flow'],
  drop_too_big: [84, 'longer than the MTU with what DSR adds; the sender was told'],
  drop_sctp_ports: [
    85,
    'SCTP whose ports would have to be changed: by SNAT, or for a backend with another port',
  ],
} as const satisfies Record<string, readonly [number, string]>;

/** Name of a reason. */
export type ReasonName = keyof typeof table;

/** Every reason, by its number in lbx_counters; the same as `enum lbx_reason` of the objects (bpf/include/lbx/reasons.h). */
export const reasons: readonly Reason[] = Object.freeze(
  (Object.entries(table) as [ReasonName, readonly [number, string]][]).map(([name, [id, doc]]) => ({
    id,
    name,
    kind: name.slice(0, name.indexOf('_')) as ReasonKind,
    doc,
  })),
);

/** Elements of lbx_counters, the unused ones included. */
export const REASON_COUNT = 128;

const byId = new Map(reasons.map((reason) => [reason.id, reason]));

/** The reason with this number; undefined for a number that is not in use. */
export function reasonOf(id: number): Reason | undefined {
  return byId.get(id);
}
