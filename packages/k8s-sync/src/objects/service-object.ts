import type { Protocol } from '@lbx/maps';
import type { FieldReader } from './field-reader.ts';
import { shown } from './field-reader.ts';
import {
  type IpAddress,
  type IpFamily,
  type IpPrefix,
  isUnspecified,
  readIpAddress,
  readIpPrefix,
} from './ip-address.ts';

/** Label of Services that another proxy serves. */
export const proxyNameLabel = 'service.kubernetes.io/service-proxy-name';

type TrafficPolicy = 'Cluster' | 'Local';

interface ServicePortSpec {
  /** "" for the only port of a Service. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** 0: none. */
  readonly nodePort: number;
}

/** What a load balancer needs of a `v1.Service`: checked, addresses canonical, nothing else kept. */
export interface ServiceObject {
  readonly namespace: string;
  readonly name: string;
  /** RFC 3339, "" if unknown: the older of two Services keeps a contested address. */
  readonly createdAt: string;
  /** Has the label `service.kubernetes.io/service-proxy-name`. */
  readonly otherProxy: boolean;
  readonly type: string;
  /** As in the object: "" none yet, "None" headless. */
  readonly clusterIP: string;
  readonly clusterIPs: readonly string[];
  readonly ipFamilies: readonly IpFamily[];
  readonly ports: readonly ServicePortSpec[];
  /** Those that are addresses, in their order; one may be there twice. */
  readonly externalIPs: readonly IpAddress[];
  /** spec.externalIPs has an entry, be it an address or not. */
  readonly hasExternalIPs: boolean;
  /** status.loadBalancer.ingress: entries with an address and an ipMode that is not Proxy. */
  readonly ingressIPs: readonly IpAddress[];
  readonly sourceRanges: readonly IpPrefix[];
  readonly externalTrafficPolicy: TrafficPolicy;
  readonly internalTrafficPolicy: TrafficPolicy;
  /** sessionAffinity ClientIP; absent: off. */
  readonly affinitySeconds?: number;
  /** 0: none. */
  readonly healthCheckNodePort: number;
  readonly loadBalancerClass?: string;
}

const policies: readonly TrafficPolicy[] = ['Cluster', 'Local'];
export const protocols: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];

/** kube-apiserver's default of sessionAffinityConfig.clientIP.timeoutSeconds. */
const defaultAffinitySeconds = 10_800;

/**
 * Reads a `v1.Service`. What cannot be used is noted in `reader`.
 *
 * @returns undefined if the object as a whole cannot be used: then the last good version should stay in force.
 */
export function readService(
  raw: unknown,
  identity: { namespace: string; name: string },
  reader: FieldReader,
): ServiceObject | undefined {
  const object = reader.record(raw, '');
  const metadata = reader.record(object?.metadata, 'metadata');
  const spec = reader.record(object?.spec, 'spec');
  if (spec === undefined) return reader.refuse('spec', 'is missing');
  if (spec.ports !== undefined && spec.ports !== null && !Array.isArray(spec.ports)) {
    return reader.refuse('spec.ports', `should be a list, is ${shown(spec.ports)}`);
  }
  if (spec.clusterIP !== undefined && spec.clusterIP !== null && typeof spec.clusterIP !== 'string') {
    return reader.refuse('spec.clusterIP', `should be a string, is ${shown(spec.clusterIP)}`);
  }
  const labels = reader.record(metadata?.labels, 'metadata.labels');
  const externalIPs = strings(reader, spec.externalIPs, 'spec.externalIPs', 1000);
  const affinitySeconds = readAffinity(spec, reader);
  const loadBalancerClass = reader.string(spec.loadBalancerClass, 'spec.loadBalancerClass');
  return {
    ...identity,
    createdAt: reader.string(metadata?.creationTimestamp, 'metadata.creationTimestamp') ?? '',
    otherProxy: labels !== undefined && Object.hasOwn(labels, proxyNameLabel),
    type: reader.string(spec.type, 'spec.type') ?? 'ClusterIP',
    clusterIP: reader.string(spec.clusterIP, 'spec.clusterIP') ?? '',
    clusterIPs: strings(reader, spec.clusterIPs, 'spec.clusterIPs', 2),
    ipFamilies: reader
      .list(spec.ipFamilies, 'spec.ipFamilies', 2)
      .map((family, i) => reader.oneOf(family, `spec.ipFamilies[${i}]`, ['IPv4', 'IPv6']) ?? 'IPv4'),
    ports: readPorts(spec.ports, reader),
    externalIPs: readAddresses(externalIPs, 'spec.externalIPs', reader),
    hasExternalIPs: externalIPs.length > 0,
    ingressIPs: readIngress(object?.status, reader),
    sourceRanges: readRanges(spec.loadBalancerSourceRanges, reader),
    externalTrafficPolicy:
      reader.oneOf(spec.externalTrafficPolicy, 'spec.externalTrafficPolicy', policies) ?? 'Cluster',
    internalTrafficPolicy:
      reader.oneOf(spec.internalTrafficPolicy, 'spec.internalTrafficPolicy', policies) ?? 'Cluster',
    healthCheckNodePort: reader.integer(spec.healthCheckNodePort, 'spec.healthCheckNodePort', 0, 65_535) ?? 0,
    ...(affinitySeconds === undefined ? {} : { affinitySeconds }),
    ...(loadBalancerClass === undefined ? {} : { loadBalancerClass }),
  };
}

function readPorts(value: unknown, reader: FieldReader): ServicePortSpec[] {
  const ports = new Map<string, ServicePortSpec>();
  const places = new Map<string, number>();
  reader.list(value, 'spec.ports', 1000).forEach((item, i) => {
    const port = readPort(item, `spec.ports[${i}]`, reader);
    if (port === undefined) return;
    const key = `${port.name}/${port.protocol}`;
    const before = places.get(key);
    if (before !== undefined)
      reader.problem(`spec.ports[${before}].name`, `${shown(port.name)} (${port.protocol}) is there again`);
    // The last one counts, as in kube-proxy.
    ports.set(key, port);
    places.set(key, i);
  });
  return [...ports.values()].slice();
}

function readPort(item: unknown, at: string, reader: FieldReader): ServicePortSpec | undefined {
  const raw = reader.record(item, at);
  if (raw === undefined) return undefined;
  const port = reader.integer(raw.port, `${at}.port`, 1, 65_535);
  if (raw.port === undefined || raw.port === null) reader.problem(`${at}.port`, 'is missing');
  const protocol = reader.oneOf(raw.protocol ?? 'TCP', `${at}.protocol`, protocols);
  if (port === undefined || protocol === undefined) return undefined;
  return {
    name: reader.string(raw.name, `${at}.name`) ?? '',
    protocol,
    port,
    nodePort: reader.integer(raw.nodePort, `${at}.nodePort`, 0, 65_535) ?? 0,
  };
}

function readIngress(status: unknown, reader: FieldReader): IpAddress[] {
  const balancer = reader.record(reader.record(status, 'status')?.loadBalancer, 'status.loadBalancer');
  const field = 'status.loadBalancer.ingress';
  const addresses: string[] = [];
  reader.list(balancer?.ingress, field, 1000).forEach((item, i) => {
    const entry = reader.record(item, `${field}[${i}]`);
    const ip = reader.string(entry?.ip, `${field}[${i}].ip`) ?? '';
    const mode = reader.string(entry?.ipMode, `${field}[${i}].ipMode`) ?? 'VIP';
    // ipMode Proxy: traffic has to go to the real load balancer. Entries with a hostname only are its business too.
    if (ip !== '' && mode === 'VIP') addresses.push(ip);
  });
  return readAddresses(addresses, field, reader);
}

function readAddresses(texts: readonly string[], field: string, reader: FieldReader): IpAddress[] {
  const addresses: IpAddress[] = [];
  for (const text of texts) {
    const address = readIpAddress(text);
    if (address === undefined || isUnspecified(address))
      reader.problem(field, `${shown(text)} is no IP address`);
    else addresses.push(address);
  }
  return addresses.slice();
}

function readRanges(value: unknown, reader: FieldReader): IpPrefix[] {
  const field = 'spec.loadBalancerSourceRanges';
  const prefixes: IpPrefix[] = [];
  for (const text of strings(reader, value, field, 10_000)) {
    const prefix = readIpPrefix(text.trim());
    if (prefix === undefined) reader.problem(field, `${shown(text)} is no prefix such as "192.0.2.0/24"`);
    else prefixes.push(prefix);
  }
  return prefixes;
}

function readAffinity(spec: Readonly<Record<string, unknown>>, reader: FieldReader): number | undefined {
  const affinity = reader.oneOf(spec.sessionAffinity, 'spec.sessionAffinity', ['None', 'ClientIP']);
  if (affinity !== 'ClientIP') return undefined;
  const field = 'spec.sessionAffinityConfig';
  const client = reader.record(
    reader.record(spec.sessionAffinityConfig, field)?.clientIP,
    `${field}.clientIP`,
  );
  // The API allows a day at most; so does the field in the map (24 bits).
  return (
    reader.integer(client?.timeoutSeconds, `${field}.clientIP.timeoutSeconds`, 1, 86_400) ??
    defaultAffinitySeconds
  );
}

function strings(reader: FieldReader, value: unknown, field: string, limit: number): string[] {
  const out: string[] = [];
  reader.list(value, field, limit).forEach((item, i) => {
    const text = reader.string(item, `${field}[${i}]`);
    if (text !== undefined) out.push(text);
  });
  return out.slice();
}
