import { type IpAddress, type IpPrefix, isInPrefix, isLoopback, loopback } from '../objects/ip-address.ts';
import type { ServicePortState } from './frontends.ts';

/** kube-proxy's words for the ways to reach a port. */
export type FrontendKind = 'clusterIP' | 'externalIP' | 'loadBalancerVIP' | 'nodePort';

/**
 * What becomes of the first packet of a connection: to an endpoint of the cluster or the local list (with ` snat`: from
 * an address of the node), refused, dropped, or `none`: not our business, the routing table decides.
 */
export type Verdict = 'cluster' | 'cluster snat' | 'local' | 'local snat' | 'reject' | 'drop' | 'none';

export interface VerdictOptions {
  /** All addresses of the node besides loopback; the first of a family is its own address. */
  readonly nodeAddresses: readonly IpAddress[];
  /** Sources that are local pods, for this family; undefined: the node cannot tell. */
  readonly podRange: IpPrefix | undefined;
  /** Masquerade everything that goes to a cluster IP. */
  readonly masqueradeAll: boolean;
  /** kube-proxy's mode; iptables when absent, which is what the vectors record. */
  readonly mode?: 'iptables' | 'nftables';
}

/**
 * kube-proxy's verdict for a new connection from `source` to a port of a Service, at `address`. Its nftables mode looks at
 * source ranges first and by address alone, and has rules for packets that leave the node where iptables has none.
 * Not in here: an endpoint that reaches itself is always masqueraded; the choice among the list is uniform.
 */
export function verdictFor(
  state: ServicePortState,
  kind: FrontendKind,
  address: IpAddress,
  source: { readonly address: IpAddress; readonly onNode: boolean },
  options: VerdictOptions,
): Verdict {
  const { servicePort: port } = state;
  const onNode = source.onNode || isLoopback(source.address) || holds(options.nodeAddresses, source.address);
  const isPod = options.podRange !== undefined && isInPrefix(options.podRange, source.address);
  const hasEndpoints = state.hasAnyEndpoints;
  if (kind === 'clusterIP') {
    if (!hasEndpoints) return 'reject';
    const list = port.internalPolicyLocal ? 'local' : 'cluster';
    if (state[list].length === 0) return 'drop';
    const snat = options.masqueradeAll || (options.podRange !== undefined && !isPod);
    return snat ? `${list} snat` : list;
  }
  const nftables = options.mode === 'nftables';
  const isVip = kind !== 'nodePort' && port.loadBalancerVIPs.includes(address.text);
  const guarded = isVip && (nftables || !port.externalIPs.includes(address.text));
  const allowed = !guarded || isAllowedSource(state, address, source, options);
  if (nftables && !allowed) return 'drop';
  if (!hasEndpoints) {
    if (nftables) return 'reject';
    // There is no rule for packets that leave the node for an address that is not its own.
    return onNode && kind !== 'nodePort' && !holds(options.nodeAddresses, address) ? 'none' : 'reject';
  }
  if (!allowed) return 'drop';
  if (!port.externalPolicyLocal) return 'cluster snat';
  if (isPod) return 'cluster';
  if (onNode) return 'cluster snat';
  return state.local.length > 0 ? 'local' : 'drop';
}

/** Source ranges: with none everything is allowed; if one holds the node's own address, so is the VIP itself. */
function isAllowedSource(
  state: ServicePortState,
  vip: IpAddress,
  source: { readonly address: IpAddress; readonly onNode: boolean },
  options: VerdictOptions,
): boolean {
  const { sourceRanges, family } = state.servicePort;
  if (sourceRanges.length === 0) return true;
  if (sourceRanges.some((range) => isInPrefix(range, source.address))) return true;
  if (source.address.text !== vip.text) return false;
  const own = options.nodeAddresses.find((address) => address.family === family);
  const node = own ?? loopback(family);
  return sourceRanges.some((range) => isInPrefix(range, node));
}

function holds(addresses: readonly IpAddress[], address: IpAddress): boolean {
  return addresses.some((other) => other.text === address.text);
}
