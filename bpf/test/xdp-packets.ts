import type { Backend, Frontend, FrontendType, Protocol } from '@lbx/maps';
import { eth, type PacketBuilder, type TcpFlag } from '@lbx/testing';
import { type Family, places } from './xdp-lab.ts';

/** Shorthand for the packets and services of the datapath tests. */

export interface Addressed {
  readonly from?: string;
  readonly sport?: number;
  readonly to?: string;
  readonly dport?: number;
  readonly protocol?: Protocol;
  readonly flags?: readonly TcpFlag[];
  readonly ttl?: number;
  readonly payload?: string;
  /** Id in a VLAN tag. */
  readonly vlan?: number;
}

/** ICMP errors that end or bend a flow. */
export const icmpErrors = {
  4: [
    { name: 'frag needed', icmp: { type: 3, code: 4, mtu: 1400 } },
    { name: 'port unreachable', icmp: { type: 3, code: 3 } },
    { name: 'time exceeded', icmp: { type: 11, code: 0 } },
  ],
  6: [
    { name: 'packet too big', icmp: { type: 2, code: 0, mtu: 1400 } },
    { name: 'port unreachable', icmp: { type: 1, code: 4 } },
    { name: 'time exceeded', icmp: { type: 3, code: 0 } },
  ],
} as const;

/** Packets and services of one address family. */
export function packetsOf(family: Family) {
  const place = places[family];
  const addresses: Record<FrontendType, string> = {
    LoadBalancer: place.loadBalancer,
    ExternalIP: place.external,
    NodePort: place.node,
    HostPort: place.node,
    ClusterIP: place.clusterIp,
    LocalRedirect: place.clusterIp,
  };
  return { family, place, ip, request, reply, backend, podBackend: podBackend(), service };

  /** A frame with an IP header. */
  function ip(frame: PacketBuilder, header: { src: string; dst: string; ttl?: number }): PacketBuilder {
    const { src, dst, ttl = 64 } = header;
    return family === 4
      ? frame.ipv4({ src, dst, ttl, id: 7, df: true })
      : frame.ipv6({ src, dst, hopLimit: ttl, flowLabel: 7, trafficClass: 4 });
  }

  /** A packet from a client behind the router to a service (the load balancer's address, port 80). */
  function request(what: Addressed = {}): PacketBuilder {
    const { from = place.client, sport = 40001, to = place.loadBalancer, dport = 80 } = what;
    return build({ src: place.routerMac, dst: place.nodeMac }, { ...what, from, sport, to, dport });
  }

  /** A packet from remote backend 0 (or another address) to the node. */
  function reply(what: Addressed & { readonly dport: number }): PacketBuilder {
    const { from = place.backend(0), sport = 8080, to = place.node } = what;
    return build({ src: place.backendMac(0), dst: place.nodeMac }, { ...what, from, sport, to });
  }

  function build(link: { src: string; dst: string }, what: Addressed): PacketBuilder {
    const { from, to, sport, dport, protocol = 'TCP', flags = ['ack'], payload = 'hello' } = what;
    const frame = what.vlan === undefined ? eth(link) : eth(link).vlan({ id: what.vlan });
    const header = { src: from!, dst: to!, ...(what.ttl !== undefined && { ttl: what.ttl }) };
    const packet = ip(frame, header);
    const ports = { sport: sport!, dport: dport! };
    return (protocol === 'UDP' ? packet.udp(ports) : packet.tcp({ ...ports, flags })).payload(payload);
  }

  function backend(n: number, more: Partial<Backend> = {}): Backend {
    return { address: place.backend(n), port: 8080, protocol: 'TCP', node: 'other', ...more };
  }

  function podBackend(): Backend {
    return { address: place.pod, port: 8080, protocol: 'TCP', node: 'local' };
  }

  /** A service with one frontend of that type: port 80, NodePort 30080. */
  function service(type: FrontendType, backends: readonly Backend[], more: Partial<Frontend> = {}): Frontend {
    const protocol = more.protocol ?? 'TCP';
    return {
      service: `test/${type}-${protocol}`,
      address: addresses[type],
      port: type === 'NodePort' ? 30080 : 80,
      type,
      protocol,
      backends: backends.map((each) => ({ ...each, protocol })),
      ...more,
    };
  }
}

/** Those of IPv4. */
export const { request, reply, backend, podBackend, service } = packetsOf(4);
