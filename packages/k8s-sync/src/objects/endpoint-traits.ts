/** What an endpoint is besides its address. */
export interface EndpointTraits {
  readonly nodeName: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly forZones: readonly string[];
  readonly forNodes: readonly string[];
}

/** Traits that were met before, by node. */
const met = new Map<string, EndpointTraits[]>();
/** Nodes come and go: from here on it is begun anew. */
const maxNodes = 10_000;
const maxOfNode = 16;

/** Traits that say the same: one object for many endpoints, as a node has many and most of them are well. */
export function sharedTraits(traits: EndpointTraits): EndpointTraits {
  const { nodeName } = traits;
  const known = met.get(nodeName);
  if (known === undefined) {
    if (met.size >= maxNodes) met.clear();
    met.set(nodeName, [traits]);
    return traits;
  }
  const same = known.find((other) => isSame(other, traits));
  if (same === undefined && known.length < maxOfNode) known.push(traits);
  return same ?? traits;
}

function isSame(a: EndpointTraits, b: EndpointTraits): boolean {
  return (
    a.ready === b.ready &&
    a.serving === b.serving &&
    a.terminating === b.terminating &&
    isSameList(a.forZones, b.forZones) &&
    isSameList(a.forNodes, b.forNodes)
  );
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((name, i) => name === b[i]));
}
