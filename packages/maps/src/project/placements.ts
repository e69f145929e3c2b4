import { familyOf, isUnspecified, readAddress } from '../model/address.ts';
import { endpointName } from '../model/endpoint-name.ts';
import type { Frontend, FrontendType } from '../model/frontend.ts';
import { ServiceError } from '../model/service-error.ts';
import type { Placement } from './frontend-entries.ts';
import type { ResolvedOptions } from './options.ts';

/** What only a replacement of kube-proxy serves: all that is reached from outside, but for external addresses. */
const ofKubeProxy: readonly FrontendType[] = ['NodePort', 'HostPort', 'LoadBalancer'];

/** Is it a NodePort or HostPort on all node addresses? */
export function isExpanded({ type, address }: Frontend): boolean {
  return (type === 'NodePort' || type === 'HostPort') && isUnspecified(address);
}

/**
 * Where the entries of a frontend go, ids left open: one place; of an expanded frontend the surrogate (for sockets) and
 * then the node addresses of its family, ascending; none when its family or kind is switched off.
 */
export function placementsOf(frontend: Frontend, options: ResolvedOptions): Omit<Placement, 'revNatId'>[] {
  const family = familyOf(frontend.address);
  if (!(family === 4 ? options.ipv4 : options.ipv6)) return [];
  if (!options.replacesKubeProxy && ofKubeProxy.includes(frontend.type)) return [];
  const expanded = isExpanded(frontend);
  const own = readAddress(frontend.address)!.text;
  const nodes = expanded ? options.nodeAddresses.filter((address) => familyOf(address) === family) : [];
  return [own, ...nodes].map((address, i) => ({
    address,
    surrogate: expanded && i === 0,
    name: endpointName(address, frontend.port, frontend.protocol, frontend.scope),
  }));
}

/** NodePorts own their port range on node addresses: a LoadBalancer or external address there is refused. */
export function checkPlace(frontend: Frontend, options: ResolvedOptions): ServiceError | undefined {
  const { service, address, port, type } = frontend;
  const [first, last] = options.nodePortRange;
  if (type !== 'LoadBalancer' && type !== 'ExternalIP') return undefined;
  const own = readAddress(address)?.text ?? address;
  if (port < first || port > last || !options.nodeAddresses.includes(own)) return undefined;
  const problem = `is a port for NodePorts (${first}-${last}) and ${address} is an address of this node; use another port or address`;
  return new ServiceError('LBX_FRONTEND_CONFLICT', service, 'port', port, problem);
}
