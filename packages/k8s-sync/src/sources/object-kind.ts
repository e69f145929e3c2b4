import { shown } from '../objects/field-reader.ts';
import type { KubernetesKind } from './source-event.ts';

/** apiVersion of the kinds that are read. */
export const apiVersions: Readonly<Record<KubernetesKind, string>> = {
  Service: 'v1',
  EndpointSlice: 'discovery.k8s.io/v1',
  Node: 'v1',
  Pod: 'v1',
};

/** Why an object of code or of a manifest cannot be one of ours. */
export interface UnusableKind {
  readonly field: 'kind' | 'apiVersion';
  readonly reason: string;
  /** It is another kind of object and none of our business. */
  readonly foreign: boolean;
}

/** The kind of an object by its `kind` and `apiVersion`. A Service of another API group is another kind. */
export function objectKindOf(object: object): KubernetesKind | UnusableKind {
  const { kind, apiVersion } = object as { kind?: unknown; apiVersion?: unknown };
  if (typeof kind !== 'string' || kind === '') {
    return {
      field: 'kind',
      reason: kind === undefined ? 'is missing' : `should be a string, is ${shown(kind)}`,
      foreign: false,
    };
  }
  if (!isObjectKind(kind)) return { field: 'kind', reason: `${shown(kind)} is not read`, foreign: true };
  const wanted = apiVersions[kind];
  if (apiVersion === wanted) return kind;
  if (typeof apiVersion !== 'string' || apiVersion === '') {
    const found = apiVersion === undefined ? 'is missing' : `is ${shown(apiVersion)}`;
    return { field: 'apiVersion', reason: `${found}, should be ${wanted}`, foreign: false };
  }
  const group = wanted.slice(0, wanted.lastIndexOf('/') + 1);
  const otherGroup = apiVersion.slice(0, apiVersion.lastIndexOf('/') + 1) !== group;
  return {
    field: 'apiVersion',
    reason: `${shown(apiVersion)} is not read, only ${wanted}`,
    foreign: otherGroup,
  };
}

function isObjectKind(kind: string): kind is KubernetesKind {
  return Object.hasOwn(apiVersions, kind);
}
