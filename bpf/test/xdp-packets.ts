import type { Backend, Frontend, FrontendType, Protocol } from '@lbx/maps';
import { eth, type PacketBuilder, type TcpFlag } from '@lbx/testing';
import { place } from './xdp-lab.ts';

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
}

/** A packet from a client behind the router to a service (the load balancer's address, port 80). */
export function request(what: Addressed = {}): PacketBuilder {
  const { from = place.client, sport = 40001, to = place.loadBalancer, dport = 80 } = what;
  return build({ src: place.routerMac, dst: place.nodeMac }, { ...what, from, sport, to, dport });
}

/** A packet from remote backend 0 (or another address) to the node. */
export function reply(what: Addressed & { readonly dport: number }): PacketBuilder {
  const { from = place.backend(0), sport = 8080, to = place.node } = what;
  return build({ src: place.backendMac(0), dst: place.nodeMac }, { ...what, from, sport, to });
}

function build(link: { src: string; dst: string }, what: Addressed): PacketBuilder {
  const { from, to, sport, dport, protocol = 'TCP', flags = ['ack'], ttl = 64, payload = 'hello' } = what;
  const ip = eth(link).ipv4({ src: from!, dst: to!, ttl, id: 7, df: true });
  const ports = { sport: sport!, dport: dport! };
  return (protocol === 'UDP' ? ip.udp(ports) : ip.tcp({ ...ports, flags })).payload(payload);
}

export function backend(n: number, more: Partial<Backend> = {}): Backend {
  return { address: place.backend(n), port: 8080, protocol: 'TCP', node: 'other', ...more };
}

export const podBackend: Backend = { address: place.pod, port: 8080, protocol: 'TCP', node: 'local' };

const addresses: Record<FrontendType, string> = {
  LoadBalancer: place.loadBalancer,
  ExternalIP: place.external,
  NodePort: place.node,
  HostPort: place.node,
  ClusterIP: place.clusterIp,
  LocalRedirect: place.clusterIp,
};

/** A service with one frontend of that type: port 80, NodePort 30080. */
export function service(
  type: FrontendType,
  backends: readonly Backend[],
  more: Partial<Frontend> = {},
): Frontend {
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
