import type { Endpoint } from './merge-endpoints.ts';
import { type NodeTopology, topologyFilter } from './topology.ts';

/** Which of a port's endpoints get new connections, and from where. All lists are sorted by "ip:port". */
export interface EndpointCategories {
  /** For traffic under policy Cluster; empty if the port has none. */
  readonly cluster: readonly Endpoint[];
  /** For traffic under policy Local; empty if the port has none. */
  readonly local: readonly Endpoint[];
  /** Both together: every endpoint that this node may have to reach. */
  readonly allReachable: readonly Endpoint[];
  /** Cluster-wide: without any endpoint connections are refused, with endpoints elsewhere only they are dropped. */
  readonly hasAnyEndpoints: boolean;
}

const empty: readonly Endpoint[] = [];

/**
 * Sorts endpoints into the lists that the policies of a port need, as kube-proxy's CategorizeEndpoints: ready ones, else
 * those that terminate but still serve; hints narrow the cluster list of ready ones only; the two lists fall back
 * independently of each other.
 */
export function categorizeEndpoints(
  endpoints: readonly Endpoint[],
  uses: { readonly cluster: boolean; readonly local: boolean },
  node: NodeTopology,
): EndpointCategories {
  let cluster = empty;
  let local = empty;
  if (uses.cluster) {
    const allowed = topologyFilter(endpoints, node);
    cluster = endpoints.filter((endpoint) => endpoint.ready && (allowed === undefined || allowed(endpoint)));
    if (cluster.length === 0) cluster = endpoints.filter(drains);
  }
  if (uses.local) {
    local = endpoints.filter((endpoint) => endpoint.local && endpoint.ready);
    if (local.length === 0) local = endpoints.filter((endpoint) => endpoint.local && drains(endpoint));
  }
  const usable = uses.cluster
    ? cluster.length > 0
    : endpoints.some((endpoint) => endpoint.ready || drains(endpoint));
  return { cluster, local, allReachable: union(endpoints, cluster, local), hasAnyEndpoints: usable };
}

/** On its way out, but still answers. */
function drains(endpoint: Endpoint): boolean {
  return endpoint.serving && endpoint.terminating;
}

function union(
  all: readonly Endpoint[],
  cluster: readonly Endpoint[],
  local: readonly Endpoint[],
): readonly Endpoint[] {
  if (local.length === 0) return cluster;
  if (cluster.length === 0) return local;
  const both = new Set([...cluster, ...local]);
  return both.size === cluster.length ? cluster : all.filter((endpoint) => both.has(endpoint));
}
