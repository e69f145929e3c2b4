import { changeTimeAnnotation, headlessLabel, serviceNameLabel } from '../objects/endpoint-slice-object.ts';
import { zoneLabel } from '../objects/node-object.ts';
import { proxyNameLabel } from '../objects/service-object.ts';
import { apiVersions } from './object-kind.ts';
import { projectPod } from './project-pod.ts';
import type { KubernetesKind } from './source-event.ts';

type JsonObject = Readonly<Record<string, unknown>>;

const keptLabels = [serviceNameLabel, headlessLabel, proxyNameLabel, zoneLabel];
const keptAnnotations = [changeTimeAnnotation];

/**
 * An object without what no load balancer reads (managedFields, pod references, images, conditions, …): what a process
 * keeps of 10,000 slices is a twentieth of what the API server sends. The shape stays that of the API, and what has an
 * unexpected type stays as it is.
 */
export function projectObject(kind: KubernetesKind, raw: object): object {
  const object = raw as JsonObject;
  const common = {
    apiVersion: object.apiVersion ?? apiVersions[kind],
    kind,
    metadata: projectMetadata(object.metadata),
  };
  if (kind === 'Service') {
    const { loadBalancer } = asObject(object.status) ?? {};
    return {
      ...common,
      spec: projectSpec(object.spec),
      ...(loadBalancer === undefined ? {} : { status: { loadBalancer } }),
    };
  }
  if (kind === 'EndpointSlice') {
    const endpoints = Array.isArray(object.endpoints)
      ? object.endpoints.map(projectEndpoint)
      : object.endpoints;
    return { ...common, addressType: object.addressType, endpoints, ports: object.ports };
  }
  if (kind === 'Pod') return { ...common, ...projectPod(object) };
  const { taints } = asObject(object.spec) ?? {};
  return {
    ...common,
    ...(taints === undefined ? {} : { spec: { taints } }),
    status: { addresses: asObject(object.status)?.addresses },
  };
}

function projectMetadata(value: unknown): unknown {
  const metadata = asObject(value);
  if (metadata === undefined) return value;
  const { name, namespace, uid, resourceVersion, creationTimestamp, deletionTimestamp } = metadata;
  return {
    name,
    namespace,
    uid,
    resourceVersion,
    creationTimestamp,
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    labels: pick(metadata.labels, keptLabels),
    annotations: pick(metadata.annotations, keptAnnotations),
  };
}

function projectSpec(value: unknown): unknown {
  const spec = asObject(value);
  if (spec === undefined) return value;
  const { selector: _selector, ...rest } = spec;
  return rest;
}

function projectEndpoint(value: unknown): unknown {
  const endpoint = asObject(value);
  if (endpoint === undefined) return value;
  const { addresses, conditions, hints, nodeName } = endpoint;
  return { addresses, conditions: sharedConditions(conditions), hints, nodeName };
}

/** Conditions that were met before, by what they say: a hundred thousand endpoints have a handful of them. */
const conditionsMet = new Map<string, JsonObject>();

function sharedConditions(value: unknown): unknown {
  const conditions = asObject(value);
  if (conditions === undefined) return value;
  const { ready, serving, terminating } = conditions;
  if (![ready, serving, terminating].every(isPlain)) return value;
  const said = `${ready} ${serving} ${terminating}`;
  let met = conditionsMet.get(said);
  if (met === undefined) {
    met = Object.freeze({ ready, serving, terminating });
    conditionsMet.set(said, met);
  }
  return met;
}

const isPlain = (value: unknown) => value === undefined || value === null || typeof value === 'boolean';

function pick(value: unknown, names: readonly string[]): unknown {
  const object = asObject(value);
  if (object === undefined) return value;
  return Object.fromEntries(names.flatMap((name) => (name in object ? [[name, object[name]]] : [])));
}

function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}
