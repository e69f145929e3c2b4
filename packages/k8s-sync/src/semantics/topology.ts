import type { Endpoint } from './merge-endpoints.ts';

/** The node that the hints are compared with. */
export interface NodeTopology {
  readonly nodeName: string;
  /** "" if the node has no zone: then a hint for the zone "", which the API allows, is one for it. */
  readonly zone: string;
}

/**
 * The filter that the hints of a port's endpoints ask for; undefined: all endpoints may be used.
 *
 * Node hints come before zone hints; either counts only if every ready endpoint has one and one of them names this
 * node (zone). Endpoints that are not ready do not matter. Nothing else is looked at: not the trafficDistribution of the
 * Service (the slice controller turns it into hints), nor the topology annotations. As kube-proxy's pkg/proxy/topology.go.
 */
export function topologyFilter(
  endpoints: readonly Endpoint[],
  node: NodeTopology,
): ((endpoint: Endpoint) => boolean) | undefined {
  let nodeHints = true;
  let zoneHints = true;
  let ownNode = false;
  let ownZone = false;
  for (const endpoint of endpoints) {
    if (!endpoint.ready) continue;
    if (endpoint.forNodes.length === 0) nodeHints = false;
    else if (endpoint.forNodes.includes(node.nodeName)) ownNode = true;
    if (endpoint.forZones.length === 0) zoneHints = false;
    else if (endpoint.forZones.includes(node.zone)) ownZone = true;
    if (!nodeHints && !zoneHints) return undefined;
  }
  if (nodeHints && ownNode) return (endpoint) => endpoint.forNodes.includes(node.nodeName);
  if (zoneHints && ownZone) return (endpoint) => endpoint.forZones.includes(node.zone);
  return undefined;
}
