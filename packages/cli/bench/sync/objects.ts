import type { KubeObject } from '@lbx/testing';

export const endpointsEach = 10;

/**
 * Addresses of services and endpoints are IPv6: no IPv4 documentation prefix has ten thousand of them. Nothing is ever
 * sent there.
 */
const group = (value: number) => (value & 0xffff).toString(16);
/** Where manifests put their services, and where the API server of the bench allocates. */
export const serviceRange = '2001:db8:96::/108';
export const serviceAddress = (service: number) =>
  `2001:db8:96::${group((service >> 12) + 1)}:${group((service & 0xfff) + 1)}`;
/** Endpoint `index` of a service, in its `generation`-th life. */
export const endpointAddress = (service: number, index: number, generation = 0) =>
  `2001:db8:1:${group(generation + 1)}:${group(service + 1)}::${group(index + 1)}`;

/** What the API server fills in. */
const allocation = (address: string) => ({
  type: 'ClusterIP',
  clusterIP: address,
  clusterIPs: [address],
  ipFamilies: ['IPv6'],
  ipFamilyPolicy: 'SingleStack',
  sessionAffinity: 'None',
  internalTrafficPolicy: 'Cluster',
});

/** A Service with one port, as a user writes it; with its own address for manifests, where nobody allocates one. */
export function serviceObject(service: number, allocated = false): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `s${service}`, namespace: 'default' },
    spec: {
      selector: { app: `s${service}` },
      ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 }],
      ...(allocated ? allocation(serviceAddress(service)) : {}),
    },
  };
}

/** Slice `part` of a service, as the EndpointSlice controller writes it. */
export function sliceObject(
  service: number,
  addresses: readonly string[] = Array.from({ length: endpointsEach }, (_, i) => endpointAddress(service, i)),
  part = 0,
): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `s${service}-${part}`,
      namespace: 'default',
      labels: {
        'kubernetes.io/service-name': `s${service}`,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      },
    },
    addressType: 'IPv6',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: addresses.map((address, i) => ({
      addresses: [address],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: `node-${i % 100}`,
      targetRef: { kind: 'Pod', namespace: 'default', name: `s${service}-${part}-${i}` },
      zone: `zone-${i % 3}`,
    })),
  };
}

/** Services `from` up to `to`, each followed by its slice. */
export function clusterObjects(from: number, to: number, allocated = false): KubeObject[] {
  const objects: KubeObject[] = [];
  for (let service = from; service < to; service++)
    objects.push(serviceObject(service, allocated), sliceObject(service));
  return objects;
}
