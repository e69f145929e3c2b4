import { ServiceFlag, ServiceFlag2 } from '../layouts/names.ts';
import type { Frontend, FrontendType } from '../model/frontend.ts';
import type { ResolvedOptions } from './options.ts';

const typeFlags: Readonly<Record<FrontendType, number>> = {
  ClusterIP: 0,
  ExternalIP: ServiceFlag.externalIP,
  NodePort: ServiceFlag.NodePort,
  HostPort: ServiceFlag.hostPort,
  LoadBalancer: ServiceFlag.LoadBalancer,
  LocalRedirect: 0,
};

/** The two flag bytes of a service entry; its slots carry the same. */
export interface ServiceFlags {
  readonly flags: number;
  readonly flags2: number;
}

/**
 * Flags of a frontend. `surrogate`: the entry of a NodePort or HostPort on 0.0.0.0 or ::, which only sockets look up.
 */
export function serviceFlags(frontend: Frontend, surrogate: boolean, options: ResolvedOptions): ServiceFlags {
  const type = frontend.redirected ? 'LocalRedirect' : frontend.type;
  const { extLocal = false, intLocal = false } = frontend;
  const routable = type === 'ClusterIP' ? options.externalClusterIP : !surrogate;
  const checksSources = options.sourceRangesForAllTypes || type === 'LoadBalancer' || type === 'ExternalIP';
  const sourceRange = checksSources && (frontend.sourceRanges?.length ?? 0) > 0;
  const twoScopes = frontend.twoScopes ?? (extLocal !== intLocal && type !== 'ClusterIP');

  let flags = typeFlags[type];
  if (extLocal) flags |= ServiceFlag.extLocal;
  if (frontend.affinitySeconds !== undefined) flags |= ServiceFlag.affinity;
  if (routable) flags |= ServiceFlag.routable;
  if (sourceRange) flags |= ServiceFlag.sourceRange;

  let flags2 = 0;
  if (type === 'LocalRedirect') flags2 |= ServiceFlag2.localRedirect;
  if (frontend.natPolicy !== undefined) flags2 |= ServiceFlag2.nat46x64;
  if (frontend.proxyPort !== undefined) flags2 |= ServiceFlag2.l7;
  // One bit, two meanings: a HostPort on loopback only, or else "let the local layer 7 proxy have it".
  if (frontend.loopbackHostPort) flags2 |= ServiceFlag2.loopback;
  if (frontend.proxyDelegation === 'delegate-if-local') flags2 |= ServiceFlag2.loopback;
  if (intLocal) flags2 |= ServiceFlag2.intLocal;
  if (twoScopes) flags2 |= ServiceFlag2.twoScopes;
  if (sourceRange && frontend.sourceRangesPolicy === 'deny') flags2 |= ServiceFlag2.deny;
  if (isDsr(frontend, options)) flags2 |= ServiceFlag2.dsr;
  return { flags, flags2 };
}

function isDsr(frontend: Frontend, options: ResolvedOptions): boolean {
  const own = options.perServiceForwarding ? frontend.forwarding : undefined;
  const mode = own ?? options.forwarding;
  return mode === 'dsr' || (mode === 'hybrid' && frontend.protocol === 'TCP');
}

/** Does an entry of this frontend get a Maglev table (if it has backends)? */
export function usesMaglev(frontend: Frontend, surrogate: boolean, options: ResolvedOptions): boolean {
  if (surrogate) return false;
  if (options.perServiceAlgorithm && frontend.algorithm !== undefined) return frontend.algorithm === 'maglev';
  if (options.algorithm !== 'maglev' || frontend.type === 'LocalRedirect') return false;
  return frontend.type !== 'ClusterIP' || options.externalClusterIP;
}

/** Load balancer classes whose addresses are announced by Cilium itself. */
const ownClasses: ReadonlySet<string> = new Set(['io.cilium/bgp-control-plane', 'io.cilium/l2-announcer']);

/** Flags of the wildcard entry of the frontend's address, or undefined when it gets none. */
export function wildcardFlags(
  frontend: Frontend,
  address: string,
  options: ResolvedOptions,
): number | undefined {
  const { type, scope, loadBalancerClass } = frontend;
  const wanted =
    options.wildcards &&
    (type === 'LoadBalancer' || type === 'ClusterIP') &&
    scope !== 'internal' &&
    (loadBalancerClass === undefined ? options.wildcardsWithoutClass : ownClasses.has(loadBalancerClass)) &&
    !options.nodeAddresses.includes(address);
  return wanted ? typeFlags[type] : undefined;
}
