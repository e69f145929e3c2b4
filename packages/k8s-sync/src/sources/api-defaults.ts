import { readIpAddress } from '../objects/ip-address.ts';

type JsonObject = Record<string, unknown>;

/**
 * What kube-apiserver would fill in before kube-proxy sees an object, for objects that never were in one: cluster IPs and
 * families from each other, a slice port's empty name and protocol. Nothing is allocated, nothing that is set is changed,
 * and what has the wrong type stays as it is (the translator says so). The input is not modified.
 */
export function withApiDefaults(object: object): object {
  const raw = object as JsonObject;
  if (raw.kind === 'Service' && isObject(raw.spec)) return { ...raw, spec: serviceSpec(raw.spec) };
  if (raw.kind === 'EndpointSlice' && Array.isArray(raw.ports)) {
    return {
      ...raw,
      ports: raw.ports.map((port) => (isObject(port) ? { ...port, name: port.name ?? '' } : port)),
    };
  }
  return object;
}

function serviceSpec(spec: JsonObject): JsonObject {
  const clusterIP = spec.clusterIP ?? (Array.isArray(spec.clusterIPs) ? spec.clusterIPs[0] : undefined);
  if (typeof clusterIP !== 'string') return spec;
  const clusterIPs = spec.clusterIPs ?? [clusterIP];
  if (spec.ipFamilies !== undefined || !Array.isArray(clusterIPs)) return { ...spec, clusterIP, clusterIPs };
  const families = clusterIPs.map((ip) => (typeof ip === 'string' ? readIpAddress(ip)?.family : undefined));
  return families.some((family) => family === undefined)
    ? { ...spec, clusterIP, clusterIPs }
    : { ...spec, clusterIP, clusterIPs, ipFamilies: families };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
