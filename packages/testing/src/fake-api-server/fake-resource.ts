/** A kind of object that a fake API server knows. */
export interface FakeResource {
  /** "EndpointSlice" */
  readonly kind: string;
  /** "discovery.k8s.io/v1" */
  readonly apiVersion: string;
  /** Its name in paths: "endpointslices". */
  readonly plural: string;
  readonly namespaced: boolean;
  /** Fields that a fieldSelector may name, besides metadata.name and metadata.namespace. */
  readonly selectableFields?: readonly string[];
}

/** Kinds that every fake API server knows. */
export const builtInResources: readonly FakeResource[] = [
  {
    kind: 'Service',
    apiVersion: 'v1',
    plural: 'services',
    namespaced: true,
    selectableFields: ['spec.clusterIP', 'spec.type'],
  },
  { kind: 'EndpointSlice', apiVersion: 'discovery.k8s.io/v1', plural: 'endpointslices', namespaced: true },
  { kind: 'Node', apiVersion: 'v1', plural: 'nodes', namespaced: false },
  {
    kind: 'Pod',
    apiVersion: 'v1',
    plural: 'pods',
    namespaced: true,
    selectableFields: ['spec.nodeName', 'status.phase', 'status.podIP', 'spec.hostNetwork'],
  },
  { kind: 'Namespace', apiVersion: 'v1', plural: 'namespaces', namespaced: false },
  { kind: 'ConfigMap', apiVersion: 'v1', plural: 'configmaps', namespaced: true },
];

/** "/api/v1" or "/apis/discovery.k8s.io/v1" */
function groupPath(resource: FakeResource): string {
  return resource.apiVersion.includes('/') ? `/apis/${resource.apiVersion}` : `/api/${resource.apiVersion}`;
}

/** What a path of a request names: all objects of a kind, those of a namespace, or one. */
export interface FakeTarget {
  readonly resource: FakeResource;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

/** @returns undefined if the path names nothing that the server knows. */
export function targetOf(path: string, resources: readonly FakeResource[]): FakeTarget | undefined {
  for (const resource of resources) {
    const prefix = `${groupPath(resource)}/`;
    if (!path.startsWith(prefix)) continue;
    const parts = path.slice(prefix.length).split('/').map(decodeURIComponent);
    if (parts[0] === resource.plural && parts.length <= 2 && (parts.length === 1 || !resource.namespaced)) {
      return { resource, name: parts[1] };
    }
    if (
      resource.namespaced &&
      parts[0] === 'namespaces' &&
      parts[2] === resource.plural &&
      parts.length <= 4
    ) {
      return { resource, namespace: parts[1], name: parts[3] };
    }
  }
  return undefined;
}
