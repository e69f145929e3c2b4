import type { Backend, Frontend, FrontendType, Protocol } from '@lbx/maps';
import { isInPrefix, loopback, readIpAddress } from '../objects/ip-address.ts';
import type { EndpointCategories } from './categorize-endpoints.ts';
import type { Endpoint } from './merge-endpoints.ts';
import type { ServicePort } from './service-ports.ts';

/** The addresses that serve NodePorts, by family; a family that is not there: all addresses of the node. */
export type NodePortPlaces = Readonly<Partial<Record<ServicePort['family'], readonly string[]>>>;

/** The node's own address by family: the first one, else the loopback address. */
export type PrimaryAddresses = Readonly<Record<ServicePort['family'], string>>;

/** A port of a Service with all that is known about its endpoints. */
export interface ServicePortState extends EndpointCategories {
  readonly servicePort: ServicePort;
  /** Every known endpoint, usable or not, sorted by "ip:port". */
  readonly endpoints: readonly Endpoint[];
}

/**
 * The frontends of a port in the service model.
 *
 * - ClusterIP: one entry, with the cluster list or (internalTrafficPolicy Local) the local one.
 * - NodePort (on 0.0.0.0 or ::, to be expanded over the node's addresses, or on each of the addresses chosen for
 *   NodePorts), ExternalIP, LoadBalancer: with externalTrafficPolicy Local two scopes, the local list for traffic from
 *   outside and the cluster list for traffic from the node and its pods (kube-proxy's short circuit); else one entry with
 *   the cluster list.
 * - An address that is both external IP and load balancer VIP is an external IP: source ranges do not hold for it.
 * - Where source ranges let the node's own address in, they let the VIP itself in: connections to it from a node that has
 *   it on an interface come from there.
 *
 * Without an endpoint in its list a frontend refuses new connections, or, if the other list has one, drops them
 * (`endpointsElsewhere`): kube-proxy's REJECT and DROP.
 *
 * `extLocal` and `intLocal` say, per frontend, which scope uses the local list; two scopes is their difference.
 * Frontends with the same list share one array.
 */
export function frontendsOf(
  state: ServicePortState,
  nodePortPlaces: NodePortPlaces = {},
  primary?: PrimaryAddresses,
): Frontend[] {
  const { servicePort: port } = state;
  const service = `${port.namespace}/${port.name}`;
  const frontends: Frontend[] = [];
  const common = {
    service,
    protocol: port.protocol,
    ...(port.affinitySeconds === undefined ? {} : { affinitySeconds: port.affinitySeconds }),
  };
  const lists: { cluster?: readonly Backend[]; local?: readonly Backend[] } = {};
  const backends = (of: 'cluster' | 'local'): readonly Backend[] => {
    lists[of] ??= backendsOf(state, of);
    return lists[of];
  };
  const using = (of: 'cluster' | 'local') => ({
    backends: backends(of),
    ...(state[of].length === 0 && state.hasAnyEndpoints ? { endpointsElsewhere: true } : {}),
  });
  const external = (
    type: FrontendType,
    address: string,
    portNumber: number,
    more: Pick<Frontend, 'sourceRanges' | 'sourceRangesPolicy' | 'loadBalancerClass'> = {},
  ): void => {
    const base = { ...common, type, address, port: portNumber, ...more };
    if (!port.externalPolicyLocal) {
      frontends.push({ ...base, ...using('cluster') });
      return;
    }
    const scoped = { ...base, extLocal: true, twoScopes: true };
    frontends.push({ ...scoped, scope: 'external', ...using('local') });
    frontends.push({ ...scoped, scope: 'internal', ...using('cluster') });
  };

  frontends.push({
    ...common,
    type: 'ClusterIP',
    address: port.clusterIP,
    port: port.port,
    ...using(port.internalPolicyLocal ? 'local' : 'cluster'),
    ...(port.internalPolicyLocal ? { intLocal: true } : {}),
  });
  if (port.nodePort !== 0) {
    const places = nodePortPlaces[port.family] ?? [port.family === 'IPv4' ? '0.0.0.0' : '::'];
    for (const address of places) external('NodePort', address, port.nodePort);
  }
  const taken = new Set([port.clusterIP]);
  for (const address of port.externalIPs) {
    if (taken.has(address)) continue;
    taken.add(address);
    external('ExternalIP', address, port.port);
  }
  const { loadBalancerClass, sourceRanges } = port;
  const own = readIpAddress(primary?.[port.family] ?? '') ?? loopback(port.family);
  const includesNode = sourceRanges.some((range) => isInPrefix(range, own));
  for (const address of port.loadBalancerVIPs) {
    if (taken.has(address)) continue;
    taken.add(address);
    const ranges = sourceRanges.map((range) => range.text);
    if (includesNode) ranges.push(`${address}/${port.family === 'IPv4' ? 32 : 128}`);
    external('LoadBalancer', address, port.port, {
      ...(ranges.length === 0 ? {} : { sourceRanges: ranges, sourceRangesPolicy: 'allow' as const }),
      ...(loadBalancerClass === undefined ? {} : { loadBalancerClass }),
    });
  }
  return frontends;
}

/**
 * The backends behind one of the two lists: those that get new connections (active; if there is none, those that
 * terminate but still serve), and those that only keep the connections they have: an endpoint that is not ready but not
 * leaving either (its connections survive a flap of its readiness), and one that is ready but not chosen, by topology
 * hints or by a policy Local that has no other list (they survive a change of hints, zone or policy).
 */
function backendsOf(state: ServicePortState, of: 'cluster' | 'local'): readonly Backend[] {
  const { servicePort, endpoints } = state;
  const usable = new Set(state[of]);
  const backends: Backend[] = [];
  for (const endpoint of endpoints) {
    if (of === 'local' && !endpoint.local && !(endpoint.ready && !servicePort.usesClusterEndpoints)) continue;
    backends.push(backendOf(endpoint, servicePort.protocol, usable.has(endpoint)));
  }
  // A copy has no room to spare, as lists have that grew: this one stays, ten thousand times.
  return backends.slice();
}

function backendOf(endpoint: Endpoint, protocol: Protocol, usable: boolean): Backend {
  const { address, port } = endpoint;
  const node = endpoint.local ? 'local' : 'other';
  // Without a spread, V8 keeps no room beside the fields; nearly all are like this.
  if (endpoint.ready && usable) return { address, port, protocol, node };
  return endpoint.ready
    ? { address, port, protocol, node, standby: true }
    : { address, port, protocol, node, state: drainingState(endpoint) };
}

/** Depends on the endpoint alone, so that one backend has one state in all lists. */
function drainingState(endpoint: Endpoint): 'terminating' | 'terminating-not-serving' {
  return endpoint.terminating && endpoint.serving ? 'terminating' : 'terminating-not-serving';
}
