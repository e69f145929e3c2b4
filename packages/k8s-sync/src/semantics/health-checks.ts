import type { IpFamily } from '../objects/ip-address.ts';
import type { Endpoint } from './merge-endpoints.ts';
import type { ServicePort } from './service-ports.ts';

/** What the health check server of a Service with `externalTrafficPolicy: Local` answers. */
export interface HealthCheck {
  readonly namespace: string;
  readonly name: string;
  readonly family: IpFamily;
  /** The Service's healthCheckNodePort. */
  readonly port: number;
  /** 200 if there is one, else 503. */
  readonly localEndpoints: number;
}

/**
 * Counts the local ready endpoints of a Service as kube-proxy's health checks do: distinct addresses over all ports of
 * the slices, also those that the Service does not have; terminating ones count only if they are ready all the same.
 */
function countLocalReady(endpoints: ReadonlyMap<string, readonly Endpoint[]>): number {
  const addresses = new Set<string>();
  for (const list of endpoints.values()) {
    for (const endpoint of list) if (endpoint.local && endpoint.ready) addresses.add(endpoint.address);
  }
  return addresses.size;
}

/** The health check of a Service in one family; undefined if it has none. `endpoints` is of mergeEndpoints(). */
export function healthCheckOf(
  ports: readonly ServicePort[],
  endpoints: ReadonlyMap<string, readonly Endpoint[]>,
): HealthCheck | undefined {
  const first = ports.find((port) => port.healthCheckNodePort !== 0);
  if (first === undefined) return undefined;
  const { namespace, name, family, healthCheckNodePort } = first;
  return { namespace, name, family, port: healthCheckNodePort, localEndpoints: countLocalReady(endpoints) };
}
