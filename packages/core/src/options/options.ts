import type { ApplyReport } from '../apply/apply-report.ts';

/**
 * Where XDP programs run. `native`: in the driver, the fastest. `generic`: behind the driver; works everywhere, and is
 * slower than `off`. `off`: nowhere, the tc programs do all the work. `auto`: native where the driver can and the
 * hook is free, else off with a notice; off on veth devices, which lose what XDP sends back unless there is an XDP
 * program at their other end too.
 */
export type XdpChoice = 'auto' | 'native' | 'generic' | 'off';

/** What `createLoadBalancer` takes. Ports and ids are numbers, addresses text. */
export interface LoadBalancerOptions {
  /**
   * Network devices (of this network namespace) whose packets are balanced: tc programs, and XDP where `xdp` says. None:
   * no packet from outside is touched. A device that goes and comes back gets its programs again.
   */
  readonly devices?: readonly string[];
  /** Default `auto`; or by device, such as `{ eth0: 'native' }`, where those not named are `auto`. */
  readonly xdp?: XdpChoice | Readonly<Record<string, XdpChoice>>;
  /** How tc programs are attached: `tcx` (Linux 6.6) or filters on a `clsact` qdisc. Default `auto`: tcx where there is. */
  readonly tc?: 'auto' | 'tcx' | 'clsact';
  /**
   * The node's ends of pods' veth pairs, by name or pattern (`veth*`, `lxc*`): packets of pods to services are balanced
   * there, for pods that bypass the socket load balancer. Devices may come and go. Default: none.
   */
  readonly podDevices?: readonly string[];
  /** cgroup v2 folder whose sockets are balanced at connect(2); default: the cgroup v2 root; false: none. */
  readonly cgroup?: string | false;
  /**
   * Folder in a BPF file system for pins (default `/sys/fs/bpf/lbx`): maps and programs outlive the process, and the
   * next one takes them over. `false`: everything goes when the process ends.
   */
  readonly pins?: string | false;
  /** Address families that are served. Default: both, without IPv6 for packets where the node has it switched off. */
  readonly families?: readonly (4 | 6)[];

  /** How packets choose among backends; sockets always choose at random. Default `random`. */
  readonly algorithm?: 'random' | 'maglev';
  /** Slots of a Maglev table, a prime; default 16381. */
  readonly maglevSize?: number;
  /** Base64 of 12 bytes; the same on all nodes. Default: Cilium's default. */
  readonly maglevSeed?: string;

  /** Addresses on which NodePorts are served; default: those of `devices`, else all but loopback, as they come and go. */
  readonly nodeAddresses?: readonly string[];
  /** Both ends included; default 30000 to 32767. */
  readonly nodePortRange?: readonly [number, number];
  /** Serve ClusterIPs to clients outside of the node too; default false. */
  readonly externalClusterIP?: boolean;
  /** Drop packets to unknown ports of known ClusterIPs and LoadBalancer addresses, as kube-proxy does; default true. */
  readonly wildcards?: boolean;
  /**
   * Tell clients of a service without any endpoint so (ICMP port unreachable), as kube-proxy does; default true. False:
   * their packets are dropped. With endpoints on other nodes only (traffic policy Local) they are dropped in any case.
   */
  readonly rejectWithoutEndpoints?: boolean;
  /** Answer pings (ICMP echo) to LoadBalancer and externalIP addresses; default false. */
  readonly answerEcho?: boolean;

  /**
   * How requests get to backends on other nodes. `snat`: from an address of this node, through which the replies come back.
   * `dsr`: with the client's address; the backend's node, which runs lbx too, replies directly. `hybrid`: TCP by `dsr`, all
   * else by `snat`. Default `snat`.
   */
  readonly forwarding?: 'snat' | 'dsr' | 'hybrid';
  /** How DSR tells the service address: `option`, an IPv4 option or IPv6 destination option; `ipip`, a tunnel. Default `option`. */
  readonly dsrDispatch?: 'option' | 'ipip';
  /** Largest IP packet between nodes, for DSR, which makes packets longer. Default: the smallest MTU of `devices`. */
  readonly mtu?: number;
  /** Source of IPv4 packets to remote backends; default: the first IPv4 address of the devices that others can answer. */
  readonly snatAddress?: string;
  /** The same for IPv6. */
  readonly snatAddress6?: string;
  /**
   * Source ports for them, both ends included. Default: the widest range that meets neither `nodePortRange` nor the ports
   * that the kernel gives to the node's own connections, usually 10000 to 29999.
   */
  readonly snatPorts?: readonly [number, number];
  /**
   * How packets reach pods on the `podDevices` of this node. `none`: by the network stack. `neigh`: the same, and the kernel
   * finds the next hop of every packet that leaves the node. `peer`: from other pods and from `devices` right into the pod,
   * and its answers to clients outside right on their way: past the stack, and past netfilter on the node, where some
   * networks enforce their policies. Default `auto`: `peer` between pods where the kernel has it, else `none`.
   */
  readonly redirect?: 'none' | 'neigh' | 'peer' | 'auto';
  /** Source of packets that a pod sends to itself through a service; default: the SNAT address. */
  readonly hairpinAddress?: string;
  /** The same for IPv6. */
  readonly hairpinAddress6?: string;

  /** Obey session affinity at sockets; default true. */
  readonly sessionAffinity?: boolean;
  /**
   * getpeername() of a TCP socket gives the service that it connected to; default true. False saves some 500 ns a
   * connection. True forgets the oldest connections when there are very many; `exact` never forgets, and costs more.
   */
  readonly peerNames?: boolean | 'exact';
  /**
   * Connected UDP sockets whose backend is gone are ended (their application gets ECONNABORTED and can connect again)
   * instead of sending into the void for ever. Looks into the network namespaces of all processes. Default true.
   */
  readonly destroyUdpSockets?: boolean;
  /**
   * Sockets reach externalIPs that are no address of the node too, as with kube-proxy. Whoever may create services can then
   * take over connections to any address (CVE-2020-8554). Default false.
   */
  readonly externalIPsAnywhere?: boolean;
  /** Seconds of silence after which a flow is over. */
  readonly timeouts?: FlowTimeouts;

  /** Flows that are remembered, of each family; default 262144. */
  readonly flows?: number;
  /**
   * What they are kept in: `lru`, the kernel's hash table that forgets who was silent longest; or `buckets`, a table of
   * our own, which is faster and gives flows up that were never answered first. A change takes the flows along.
   * Default `buckets`.
   */
  readonly flowTable?: 'lru' | 'buckets';
  /**
   * Count packets and bytes of each frontend and backend, for `traffic()`; default false. Costs some 2 ns a packet, and in
   * the kernel 6 MiB a CPU with the default `endpoints` (less with `maxEntries`: 32 bytes for each id up to the highest, in
   * each of `lbx_frontend_traffic` and `lbx_backend_traffic`; what is beyond is not counted).
   */
  readonly traffic?: boolean;
  /**
   * Endpoints (distinct address, port and protocol) that there is room for, of each family; default 65536. The maps of
   * backends, their slots and what is kept beside them get their sizes by it: some 100 bytes of kernel memory for each.
   */
  readonly endpoints?: number;
  /**
   * Sizes of single maps by name, such as `{ lb4_services_v2: 262144 }`; they go before `endpoints`, `flows` and so on.
   * Pinned maps of another size are exchanged for ones of this size, with all they hold; fewer than the entries in use
   * are refused (`LBX_MAP_TOO_SMALL`).
   */
  readonly maxEntries?: Readonly<Record<string, number>>;
  /** Seconds in which memory of flows that are over is given back, table by table, in small steps; default 45; false: never. */
  readonly sweepSeconds?: number | false;

  /**
   * Seconds after which the maps are compared with what was written to them; what somebody else has changed, added or
   * deleted is put right. In small steps; default 60; false: never.
   */
  readonly driftSeconds?: number | false;

  /** Told of things that work but deserve a look. Default: nobody. */
  readonly onNotice?: (notice: string) => void;
  /**
   * Told what came of writes that nobody called for: when what failed is tried again, when the network changed, when what
   * somebody else did to the maps is put right.
   */
  readonly onApplied?: (report: ApplyReport) => void;
  /** Told of the addresses on which NodePorts are served, when they have changed. */
  readonly onNodeAddresses?: (addresses: readonly string[]) => void;
}

/** Seconds of silence after which a flow is over, by what was seen of it. */
export interface FlowTimeouts {
  /** The handshake is not finished. Default 60. */
  readonly tcpNew?: number;
  /** Established. Default 8000. */
  readonly tcpOpen?: number;
  /** FIN from one side. Default 120. */
  readonly tcpHalfClosed?: number;
  /** FIN from both sides, or RST. Default 10. */
  readonly tcpClosed?: number;
  /** Not answered and asked again yet. Default 30. */
  readonly udpNew?: number;
  /** Packets both ways. Default 120. */
  readonly udpOpen?: number;
}

/** Default folder of pins. */
export const defaultPins = '/sys/fs/bpf/lbx';
