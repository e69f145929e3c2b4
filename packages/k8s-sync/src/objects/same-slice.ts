import { type EndpointSliceObject, headlessLabel, serviceNameLabel } from './endpoint-slice-object.ts';
import type { EndpointTraits } from './endpoint-traits.ts';

type Json = Readonly<Record<string, unknown>> | undefined;

const absent = {};

/**
 * Does `raw` say the same as the slice that was read before? Nothing is allocated: most updates of slices touch nothing
 * that matters. False in case of doubt (another spelling, an unexpected type): reading it tells.
 */
export function saysTheSame(raw: unknown, known: EndpointSliceObject): boolean {
  const object = asObject(raw);
  const labels = asObject(asObject(object?.metadata)?.labels);
  if (object?.addressType !== known.addressType || labels?.[serviceNameLabel] !== known.serviceName)
    return false;
  if (headlessLabel in labels) return false;
  const { ports, endpoints } = object;
  return sameList(ports, known.ports, isSamePort) && sameEndpoints(endpoints, known.endpoints);
}

function sameList<T>(raw: unknown, known: readonly T[], isSame: (raw: Json, known: T) => boolean): boolean {
  if (raw === undefined || raw === null) return known.length === 0;
  if (!Array.isArray(raw) || raw.length !== known.length) return false;
  for (let i = 0; i < raw.length; i++) {
    if (!isSame(asObject(raw[i]), known[i]!)) return false;
  }
  return true;
}

function sameEndpoints(raw: unknown, { addresses, traits }: EndpointSliceObject['endpoints']): boolean {
  return sameList(raw, addresses, hasAddress) && sameList(raw, traits, hasTraits);
}

function hasAddress(raw: Json, known: string): boolean {
  return Array.isArray(raw?.addresses) && raw.addresses[0] === known;
}

function isSamePort(raw: Json, known: EndpointSliceObject['ports'][number]): boolean {
  return raw?.name === known.name && raw.port === known.port && (raw.protocol ?? 'TCP') === known.protocol;
}

function hasTraits(raw: Json, known: EndpointTraits): boolean {
  if (raw === undefined || (raw.nodeName ?? '') !== known.nodeName) return false;
  const conditions = asObject(raw.conditions ?? absent);
  const hints = asObject(raw.hints ?? absent);
  return (
    conditions !== undefined &&
    (conditions.ready ?? true) === known.ready &&
    (conditions.serving ?? true) === known.serving &&
    (conditions.terminating ?? false) === known.terminating &&
    hints !== undefined &&
    sameList(hints.forZones, known.forZones, hasName) &&
    sameList(hints.forNodes, known.forNodes, hasName)
  );
}

function hasName(raw: Json, name: string): boolean {
  return raw?.name === name;
}

function asObject(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}
