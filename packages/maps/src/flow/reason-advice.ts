import type { ReasonName } from './reasons.ts';

/** What usually lies behind a reason, and what to do about it. */
export interface ReasonAdvice {
  readonly cause: string;
  /** Empty where nothing has to be done. */
  readonly remedy: string;
}

/** Reasons that may need somebody's attention: all drops, and what is unusual. */
type Notable = Exclude<ReasonName, `sent_${string}` | 'note_new_flow'>;

const missedTailCall =
  'Start the agent again. Who loads the programs otherwise keeps their program arrays pinned.';

const table: Readonly<Record<Notable, readonly [cause: string, remedy?: string]>> = {
  note_healed_flow: [
    'One of the two entries of a connection was evicted, or deleted by somebody.',
    'Many: raise `flows`.',
  ],
  note_backend_gone: ['A backend was removed while it had connections.'],
  note_service_gone: ['A service was deleted, or deleted and made anew, while it had connections.'],
  note_flow_expired: [
    'A connection was silent for longer than its timeout, or its ports were used again.',
    'Many of one service: raise `timeouts`, or let the application send keepalives.',
  ],
  note_neighbour_kept: ['The kernel forgot the link address of a next hop, as it does with silent ones.'],
  note_neighbour_learned: [
    'The node has no route or neighbour entry for a client.',
    'Look at the routes of the node: `ip route get CLIENT`.',
  ],
  note_maglev_missing: [
    'A service has just been made, or its Maglev table could not be written.',
    'If it stays, its writes are refused: `status()` says why.',
  ],
  note_dsr_by_snat: [
    'A service asks for DSR for itself (`forwarding: dsr`), and this node cannot do it for the packet.',
    'Set the option `forwarding` to `dsr` or `hybrid`, or take the field out of the service.',
  ],
  note_snat_scan_limited: [
    'Nearly all SNAT ports towards one backend are in use.',
    'Widen `snatPorts`, add backends, or use DSR.',
  ],
  note_flow_evicted: [
    'More connections than the flow table holds, or a flood of new ones.',
    'Raise `flows` if the connections are real.',
  ],
  note_icmp_limited: [
    'Many packets that nobody serves; each would have been answered.',
    'Find their sender: `lbx monitor --kind reject`.',
  ],
  note_dsr_learnt: ['Ordinary, where another node forwards by DSR to a backend here.'],
  note_other_device: [
    'Ordinary, on nodes with several devices: XDP can only send back where a packet came from.',
  ],
  pass_no_service: ['Two addresses share a bit of the gate. Harmless.'],
  pass_l7_service: ['The service has a proxy on this node, which gets the packet.'],
  pass_reply_expired: [
    'A backend answered after its connection was over, or a client reached it from the same port without the service; or a foreign packet hit a SNAT port.',
  ],
  pass_fragment: [
    'A fragment to a service address that belongs to no known datagram.',
    'Lower the MTU of the sender, so that it does not fragment.',
  ],
  pass_options: ['IP options or extension headers that are not looked into.'],
  pass_icmp: ['A ping, or an error about a packet that no longer has a flow.', '`answerEcho` answers pings.'],
  drop_missed_tail_call: [
    'The array through which programs call each other was emptied: nothing kept it open or pinned.',
    missedTailCall,
  ],
  drop_wildcard: [
    'A client asks for a port that the service does not have: a typing error, or a scan.',
    'Correct the port. `wildcards: false` passes such packets on instead.',
  ],
  drop_not_routable: [
    'A machine outside of the cluster asks for a ClusterIP.',
    'Use a NodePort or load balancer address, or `externalClusterIP`.',
  ],
  drop_unsupported_service: [
    'A frontend of one IP family with backends of the other.',
    'Give the service endpoints of its own family.',
  ],
  drop_source_range: [
    'The client is not in `loadBalancerSourceRanges` of the service.',
    'Add its network, if it is to come in. Behind a NAT, look at the address that arrives.',
  ],
  drop_no_backend: [
    'No endpoint of the service is ready, or only such as take no new connections.',
    'Look at the pods: `kubectl get endpointslices`. `lbx explain` tells which backends there are, and in which state.',
  ],
  drop_backend_missing: [
    'Somebody else deleted or changed entries, or a backend id is beyond the size of the map.',
    'Drift is repaired within `driftSeconds`. If it comes again, find who else writes to these maps.',
  ],
  drop_no_snat_address: [
    'The devices have no address of this family to send from.',
    'Give the device an address, or set `snatAddress`.',
  ],
  drop_snat_ports_used_up: [
    'All ports of `snatPorts` are in use towards this backend.',
    'Widen `snatPorts`, add backends, or use DSR.',
  ],
  drop_flow_table: [
    'The kernel had no memory for an entry, or the map is too small for so many CPUs.',
    'Raise `flows`; look at the memory of the node.',
  ],
  drop_reply_collision: [
    'One client port talks to one local backend through two service addresses at once: answers could not be told apart.',
    'Rare by chance. Load generators with a fixed source port: use several.',
  ],
  drop_ttl: [
    'A routing loop, or a traceroute.',
    'Look where the packet comes from: `lbx monitor --reason drop_ttl`.',
  ],
  drop_no_route: [
    'The node has no route to the backend or back to the client, or an `unreachable` one.',
    '`ip route get ADDRESS` for the address that the event names.',
  ],
  drop_no_neighbour: [
    'The next hop towards the backend does not answer, or has not answered yet.',
    "A few after a start are ordinary. If they stay: `ip neigh show`, is the backend's node up?",
  ],
  drop_other_device: [
    'The way to the backend leads out of another device, and no tc program is there to send it.',
    'Name all devices in `devices`; do not switch tc off.',
  ],
  drop_forwarding_disabled: [
    'The kernel refuses to route for others.',
    '`sysctl -w net.ipv4.conf.DEVICE.forwarding=1` (and `net.ipv6…`).',
  ],
  drop_rewrite: [
    'The packet could not be made longer or written: no headroom, or a damaged one.',
    'Look at the MTU and driver of the device; report it if packets are whole.',
  ],
  drop_contended: [
    'Two CPUs worked on the same place in the same moment.',
    'Single ones are ordinary, the sender repeats them.',
  ],
  drop_no_local_backend: [
    'externalTrafficPolicy Local, and no endpoint of the service runs here.',
    'The load balancer in front has to watch healthCheckNodePort; or use policy Cluster.',
  ],
  drop_fragment_early: [
    'Fragments arrive in another order than they were sent.',
    'Lower the MTU of the sender, so that it does not fragment.',
  ],
  drop_too_big: [
    'DSR makes packets longer, and the way has no room.',
    'The sender has been told and will send smaller ones; if it does not, ICMP is filtered on its way. Raise the MTU between nodes.',
  ],
  drop_sctp_ports: [
    'SCTP to a remote backend by SNAT, or to a backend with another port.',
    'Use DSR, and the same port for service and backend.',
  ],
};

/** Cause and remedy of a reason; undefined for what is as it should be (sent, a new flow). */
export function reasonAdvice(name: ReasonName): ReasonAdvice | undefined {
  if (!Object.hasOwn(table, name)) return undefined;
  const [cause, remedy = ''] = table[name as Notable];
  return { cause, remedy };
}
