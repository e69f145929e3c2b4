import type { Protocol } from '@lbx/maps';
import type { FieldReader } from './field-reader.ts';
import { shown } from './field-reader.ts';
import { type IpAddress, readIpAddress } from './ip-address.ts';
import { protocols } from './service-object.ts';

/** A port of the node that a container asks for. */
interface PodHostPort {
  /** Canonical; undefined: every address of the node, both families. */
  readonly hostIP: IpAddress | undefined;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: Protocol;
}

/** What a load balancer needs of a `v1.Pod`: its host ports. */
export interface PodObject {
  readonly namespace: string;
  readonly name: string;
  /** RFC 3339, "" if unknown: the older of two Pods keeps a contested port. */
  readonly createdAt: string;
  readonly nodeName: string;
  /** Phase Succeeded or Failed: its containers have ended for good. */
  readonly finished: boolean;
  /** Has a deletionTimestamp. Its containers may run on for a while. */
  readonly deleting: boolean;
  readonly hostNetwork: boolean;
  /** status.podIPs, at most one of a family. */
  readonly ips: readonly IpAddress[];
  /** Of its containers and sidecars (init containers that run for ever), in their order. */
  readonly hostPorts: readonly PodHostPort[];
}

/** Reads a `v1.Pod`. @returns undefined if the object as a whole cannot be used: then the last good version stays. */
export function readPod(
  raw: unknown,
  identity: { namespace: string; name: string },
  reader: FieldReader,
): PodObject | undefined {
  const object = reader.record(raw, '');
  const metadata = reader.record(object?.metadata, 'metadata');
  const spec = reader.record(object?.spec, 'spec');
  if (spec === undefined) return reader.refuse('spec', 'is missing');
  for (const field of ['containers', 'initContainers'] as const) {
    const value = spec[field];
    if (value !== undefined && value !== null && !Array.isArray(value)) {
      return reader.refuse(`spec.${field}`, `should be a list, is ${shown(value)}`);
    }
  }
  const status = reader.record(object?.status, 'status');
  const phase = reader.string(status?.phase, 'status.phase');
  return {
    ...identity,
    createdAt: reader.string(metadata?.creationTimestamp, 'metadata.creationTimestamp') ?? '',
    nodeName: reader.string(spec.nodeName, 'spec.nodeName') ?? '',
    finished: phase === 'Succeeded' || phase === 'Failed',
    deleting: metadata?.deletionTimestamp !== undefined && metadata.deletionTimestamp !== null,
    hostNetwork: reader.boolean(spec.hostNetwork, 'spec.hostNetwork') ?? false,
    ips: readPodIPs(status, reader),
    hostPorts: readHostPorts(spec, reader),
  };
}

function readPodIPs(status: Readonly<Record<string, unknown>> | undefined, reader: FieldReader): IpAddress[] {
  const field = 'status.podIPs';
  const texts = reader
    .list(status?.podIPs, field, 10)
    .map((item, i) => reader.string(reader.record(item, `${field}[${i}]`)?.ip, `${field}[${i}].ip`));
  if (texts.length === 0) texts.push(reader.string(status?.podIP, 'status.podIP'));
  const ips: IpAddress[] = [];
  for (const text of texts) {
    if (text === undefined || text === '') continue;
    const ip = readIpAddress(text);
    if (ip === undefined) reader.problem(field, `${shown(text)} is no IP address`);
    else if (!ips.some((other) => other.family === ip.family)) ips.push(ip);
  }
  return ips;
}

function readHostPorts(spec: Readonly<Record<string, unknown>>, reader: FieldReader): PodHostPort[] {
  const ports = new Map<string, PodHostPort>();
  for (const list of ['initContainers', 'containers'] as const) {
    reader.list(spec[list], `spec.${list}`, 1000).forEach((item, i) => {
      const at = `spec.${list}[${i}]`;
      const container = reader.record(item, at);
      // Other init containers end before the Pod serves anything; the kubelet maps no ports for them.
      if (list === 'initContainers' && container?.restartPolicy !== 'Always') return;
      reader.list(container?.ports, `${at}.ports`, 1000).forEach((raw, j) => {
        const port = readHostPort(raw, `${at}.ports[${j}]`, reader);
        if (port === undefined) return;
        const key = `${port.hostIP?.text ?? ''} ${port.hostPort}/${port.protocol}`;
        if (ports.has(key)) reader.problem(`${at}.ports[${j}].hostPort`, `${port.hostPort} is there twice`);
        else ports.set(key, port);
      });
    });
  }
  return [...ports.values()];
}

/** @returns undefined for a port without a host port, and for one that is not as it should be. */
function readHostPort(item: unknown, at: string, reader: FieldReader): PodHostPort | undefined {
  const raw = reader.record(item, at);
  if (raw?.hostPort === undefined || raw.hostPort === null || raw.hostPort === 0) return undefined;
  const hostPort = reader.integer(raw.hostPort, `${at}.hostPort`, 1, 65_535);
  const containerPort = reader.integer(raw.containerPort, `${at}.containerPort`, 1, 65_535);
  if (raw.containerPort === undefined || raw.containerPort === null)
    reader.problem(`${at}.containerPort`, 'is missing');
  const protocol = reader.oneOf(raw.protocol ?? 'TCP', `${at}.protocol`, protocols);
  const hostText = reader.string(raw.hostIP, `${at}.hostIP`) ?? '';
  const hostIP = hostText === '' ? undefined : readIpAddress(hostText);
  if (hostText !== '' && hostIP === undefined) {
    reader.problem(`${at}.hostIP`, `${shown(hostText)} is no IP address`);
    return undefined;
  }
  if (hostPort === undefined || containerPort === undefined || protocol === undefined) return undefined;
  return { hostIP, hostPort, containerPort, protocol };
}
