import type { Protocol } from '@lbx/maps';
import type { EndpointSliceObject } from '../objects/endpoint-slice-object.ts';
import type { EndpointTraits } from '../objects/endpoint-traits.ts';
import { endpointText, type IpFamily } from '../objects/ip-address.ts';

/** An endpoint of one port of a Service. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
  /** "ip:port"; endpoints are told apart and sorted by it. */
  readonly text: string;
  /** On the own node. */
  readonly local: boolean;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly forZones: readonly string[];
  readonly forNodes: readonly string[];
}

/** Ports of Services and slices are joined by name and protocol, never by number. */
export function portKey(name: string, protocol: Protocol): string {
  return `${protocol}/${name}`;
}

/**
 * All endpoints of a Service in one family, by {@link portKey}, each list sorted by "ip:port" as text.
 *
 * One ip:port counts once. Within a slice, as in kube-proxy: a non-terminating entry replaces what was there (also a
 * ready one by one that is not), a terminating one replaces nothing. Between slices kube-proxy takes what its map order
 * gives; here a non-terminating one wins, then a ready one, then a serving one, then the slice first by name.
 */
export function mergeEndpoints(
  slices: Iterable<EndpointSliceObject>,
  family: IpFamily,
  nodeName: string,
): ReadonlyMap<string, readonly Endpoint[]> {
  const used = [...slices].filter((slice) => slice.addressType === family);
  if (used.length > 1) used.sort((a, b) => (a.name < b.name ? -1 : 1));
  const byPort = new Map<string, Map<string, Endpoint>>();
  for (const slice of used) {
    const ofSlice = new Map<string, Map<string, Endpoint>>();
    for (const port of slice.ports) {
      const key = portKey(port.name, port.protocol);
      const endpoints = ofSlice.get(key) ?? new Map<string, Endpoint>();
      ofSlice.set(key, endpoints);
      for (const [i, address] of slice.endpoints.addresses.entries()) {
        const endpoint = endpointOf(address, slice.endpoints.traits[i]!, port.port, nodeName);
        if (!endpoint.terminating || !endpoints.has(endpoint.text)) endpoints.set(endpoint.text, endpoint);
      }
    }
    for (const [key, endpoints] of ofSlice) {
      const known = byPort.get(key);
      if (known === undefined) {
        byPort.set(key, endpoints);
        continue;
      }
      for (const [text, endpoint] of endpoints) {
        const other = known.get(text);
        if (other === undefined || rank(endpoint) > rank(other)) known.set(text, endpoint);
      }
    }
  }
  const sorted = new Map<string, readonly Endpoint[]>();
  for (const [key, endpoints] of byPort) {
    sorted.set(
      key,
      [...endpoints.values()].sort((a, b) => (a.text < b.text ? -1 : 1)),
    );
  }
  return sorted;
}

function endpointOf(address: string, raw: EndpointTraits, port: number, nodeName: string): Endpoint {
  return {
    address,
    port,
    text: endpointText(address, port),
    // A node without a name has no local endpoints, even if theirs is empty as well.
    local: nodeName !== '' && raw.nodeName === nodeName,
    ready: raw.ready,
    serving: raw.serving,
    terminating: raw.terminating,
    forZones: raw.forZones,
    forNodes: raw.forNodes,
  };
}

function rank(endpoint: Endpoint): number {
  return (endpoint.terminating ? 0 : 4) + (endpoint.ready ? 2 : 0) + (endpoint.serving ? 1 : 0);
}
