import type { EndpointSliceObject } from '../objects/endpoint-slice-object.ts';
import { ipFamilies } from '../objects/ip-address.ts';
import type { ServiceObject } from '../objects/service-object.ts';
import { categorizeEndpoints } from '../semantics/categorize-endpoints.ts';
import type { ServicePortState } from '../semantics/frontends.ts';
import { type HealthCheck, healthCheckOf } from '../semantics/health-checks.ts';
import { mergeEndpoints, portKey } from '../semantics/merge-endpoints.ts';
import { servicePortsOf } from '../semantics/service-ports.ts';
import type { NodeTopology } from '../semantics/topology.ts';

/** One Service with its slices, and what follows from them. */
export interface ServiceEntry {
  /** Undefined: there are slices that name a Service which does not exist (yet), or does not count. */
  service: ServiceObject | undefined;
  readonly slices: Map<string, EndpointSliceObject>;
  /** Its ports with their endpoints, where the node's addresses decide where they are served. */
  ports: readonly ServicePortState[] | undefined;
}

/** Derived from one Service, its slices and the node; nothing else. */
export interface ServiceResult {
  readonly ports: readonly ServicePortState[];
  readonly healthChecks: readonly HealthCheck[];
  /** The lists depend on the node's zone or name through hints. */
  readonly hinted: boolean;
}

const emptyResult: ServiceResult = { ports: [], healthChecks: [], hinted: false };

/** Pure: what a Service and its slices mean on a node. */
export function resultOf(entry: Pick<ServiceEntry, 'service' | 'slices'>, node: NodeTopology): ServiceResult {
  const { service, slices } = entry;
  if (service === undefined) return emptyResult;
  const ports: ServicePortState[] = [];
  const healthChecks: HealthCheck[] = [];
  for (const family of ipFamilies) {
    const servicePorts = servicePortsOf(service, family);
    if (servicePorts.length === 0) continue;
    const merged = mergeEndpoints(slices.values(), family, node.nodeName);
    for (const servicePort of servicePorts) {
      const endpoints = merged.get(portKey(servicePort.portName, servicePort.protocol)) ?? [];
      const uses = { cluster: servicePort.usesClusterEndpoints, local: servicePort.usesLocalEndpoints };
      ports.push({ servicePort, endpoints, ...categorizeEndpoints(endpoints, uses, node) });
    }
    const check = healthCheckOf(servicePorts, merged);
    if (check !== undefined) healthChecks.push(check);
  }
  return {
    ports,
    healthChecks,
    hinted: ports.some((port) => port.endpoints.some((e) => e.forZones.length > 0 || e.forNodes.length > 0)),
  };
}
