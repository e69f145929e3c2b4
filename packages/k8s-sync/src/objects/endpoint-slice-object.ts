import type { Protocol } from '@lbx/maps';
import { type EndpointTraits, sharedTraits } from './endpoint-traits.ts';
import type { FieldReader } from './field-reader.ts';
import { shown } from './field-reader.ts';
import { type IpFamily, isUnspecified, readIpAddress } from './ip-address.ts';
import { protocols } from './service-object.ts';

/** Label that names the Service of an EndpointSlice. */
export const serviceNameLabel = 'kubernetes.io/service-name';
/** Label of slices that belong to headless Services. */
export const headlessLabel = 'service.kubernetes.io/headless';
/** When the endpoints controller saw the change that led to this version of the slice. */
export const changeTimeAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time';

interface SlicePort {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
}

/** Endpoints as columns: a cluster has hundreds of thousands. `traits[n]` is of the endpoint at `addresses[n]`. */
interface SliceEndpoints {
  /** Canonical. */
  readonly addresses: readonly string[];
  readonly traits: readonly EndpointTraits[];
}

/** What a load balancer needs of a `discovery.k8s.io/v1` EndpointSlice. */
export interface EndpointSliceObject {
  readonly namespace: string;
  readonly name: string;
  /** "" if the label is missing or empty. */
  readonly serviceName: string;
  readonly headless: boolean;
  /** Not always a family: "FQDN" exists. */
  readonly addressType: string;
  readonly ports: readonly SlicePort[];
  readonly endpoints: SliceEndpoints;
  /** RFC 3339; absent if the slice does not say. */
  readonly changedAt?: string;
}

const none: readonly string[] = [];
const noEndpoints: SliceEndpoints = { addresses: [], traits: [] };

/**
 * Reads an EndpointSlice with kube-proxy's defaults: a condition that is absent is ready, serving, not terminating;
 * only the first address counts; a port without name or number is skipped.
 *
 * @returns undefined if the object as a whole cannot be used: then the last good version should stay in force.
 */
export function readEndpointSlice(
  raw: unknown,
  identity: { namespace: string; name: string },
  reader: FieldReader,
): EndpointSliceObject | undefined {
  const object = reader.record(raw, '');
  if (object === undefined) return reader.refuse('', `should be an object, is ${shown(raw)}`);
  for (const field of ['endpoints', 'ports'] as const) {
    const value = object[field];
    if (value !== undefined && value !== null && !Array.isArray(value)) {
      return reader.refuse(field, `should be a list, is ${shown(value)}`);
    }
  }
  const metadata = reader.record(object.metadata, 'metadata');
  const labels = reader.record(metadata?.labels, 'metadata.labels');
  const annotations = reader.record(metadata?.annotations, 'metadata.annotations');
  const addressType = reader.string(object.addressType, 'addressType');
  if (addressType === undefined) return reader.refuse('addressType', 'is missing: IPv4 or IPv6');
  const family: IpFamily | undefined =
    addressType === 'IPv4' || addressType === 'IPv6' ? addressType : undefined;
  const serviceName =
    reader.string(labels?.[serviceNameLabel], `metadata.labels["${serviceNameLabel}"]`) ?? '';
  const headless = labels !== undefined && Object.hasOwn(labels, headlessLabel);
  const changedAt = reader.string(annotations?.[changeTimeAnnotation], 'metadata.annotations');
  // Without a spread in front, V8 keeps the fields in the object and not beside it.
  return {
    namespace: identity.namespace,
    name: identity.name,
    serviceName,
    headless,
    addressType,
    ports: readPorts(object.ports, reader),
    // Endpoints of slices that do not count are never looked at, nor are host names (FQDN).
    endpoints:
      family === undefined || headless || serviceName === ''
        ? noEndpoints
        : readEndpoints(object.endpoints, family, reader),
    ...(changedAt === undefined ? {} : { changedAt }),
  };
}

function readPorts(value: unknown, reader: FieldReader): SlicePort[] {
  const ports: SlicePort[] = [];
  reader.list(value, 'ports', 1000).forEach((item, i) => {
    const raw = reader.record(item, `ports[${i}]`);
    const name = reader.string(raw?.name, `ports[${i}].name`);
    const port = reader.integer(raw?.port, `ports[${i}].port`, 0, 65_535);
    const protocol =
      raw?.protocol === undefined || raw.protocol === null
        ? 'TCP'
        : reader.oneOf(raw.protocol, `ports[${i}].protocol`, protocols);
    if (name === undefined || port === undefined || port === 0 || protocol === undefined) return;
    ports.push({ name, protocol, port });
  });
  return ports.slice();
}

function readEndpoints(value: unknown, family: IpFamily, reader: FieldReader): SliceEndpoints {
  const addresses: string[] = [];
  const traits: EndpointTraits[] = [];
  // The API allows 1,000 endpoints a slice; hand-written ones may have more, but not without end.
  reader.list(value, 'endpoints', 10_000).forEach((item, i) => {
    const at = `endpoints[${i}]`;
    const raw = reader.record(item, at);
    const address = raw && readAddress(raw.addresses, at, family, reader);
    if (raw === undefined || address === undefined) return;
    addresses.push(address);
    traits.push(sharedTraits(readTraits(raw, at, reader)));
  });
  // Copies have no room to spare, as lists have that grew.
  return { addresses: addresses.slice(), traits: traits.slice() };
}

function readAddress(value: unknown, at: string, family: IpFamily, reader: FieldReader): string | undefined {
  const text: unknown = Array.isArray(value) ? value[0] : undefined;
  const address = typeof text === 'string' ? readIpAddress(text) : undefined;
  if (address !== undefined && address.family === family && !isUnspecified(address)) return address.text;
  const reason = text === undefined ? 'has no address' : `${shown(text)} is no ${family} address`;
  reader.problem(`${at}.addresses[0]`, reason);
  return undefined;
}

function readTraits(raw: Readonly<Record<string, unknown>>, at: string, reader: FieldReader): EndpointTraits {
  const conditions = reader.record(raw.conditions, `${at}.conditions`);
  const hints = reader.record(raw.hints, `${at}.hints`);
  return {
    nodeName: reader.string(raw.nodeName, `${at}.nodeName`) ?? '',
    ready: reader.boolean(conditions?.ready, `${at}.conditions.ready`) ?? true,
    serving: reader.boolean(conditions?.serving, `${at}.conditions.serving`) ?? true,
    terminating: reader.boolean(conditions?.terminating, `${at}.conditions.terminating`) ?? false,
    forZones: readHints(hints?.forZones, `${at}.hints.forZones`, reader),
    forNodes: readHints(hints?.forNodes, `${at}.hints.forNodes`, reader),
  };
}

function readHints(value: unknown, field: string, reader: FieldReader): readonly string[] {
  if (value === undefined || value === null) return none;
  const names: string[] = [];
  reader.list(value, field, 100).forEach((item, i) => {
    const name = reader.string(reader.record(item, `${field}[${i}]`)?.name, `${field}[${i}].name`);
    if (name !== undefined) names.push(name);
  });
  return names;
}
