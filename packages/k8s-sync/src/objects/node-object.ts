import type { FieldReader } from './field-reader.ts';
import { shown } from './field-reader.ts';
import { readIpAddress } from './ip-address.ts';

/** Label with the zone of a Node. */
export const zoneLabel = 'topology.kubernetes.io/zone';

/** Taint of Nodes that the cluster autoscaler is about to remove. */
const toBeDeletedTaint = 'ToBeDeletedByClusterAutoscaler';

/** What a load balancer needs of its own `v1.Node`. */
export interface NodeObject {
  readonly name: string;
  /** "" if the Node has no zone. */
  readonly zone: string;
  /** status.addresses of type InternalIP and ExternalIP, canonical, in their order. */
  readonly addresses: readonly string[];
  /** It is being deleted, or tainted to be: load balancers should send nothing new here. */
  readonly leaving: boolean;
}

/** Reads a `v1.Node`. @returns undefined if the object as a whole cannot be used. */
export function readNode(raw: unknown, name: string, reader: FieldReader): NodeObject | undefined {
  const object = reader.record(raw, '');
  if (object === undefined) return reader.refuse('', `should be an object, is ${shown(raw)}`);
  const metadata = reader.record(object.metadata, 'metadata');
  const labels = reader.record(metadata?.labels, 'metadata.labels');
  const addresses: string[] = [];
  const field = 'status.addresses';
  reader.list(reader.record(object.status, 'status')?.addresses, field, 1000).forEach((item, i) => {
    const entry = reader.record(item, `${field}[${i}]`);
    if (entry?.type !== 'InternalIP' && entry?.type !== 'ExternalIP') return;
    const address = readIpAddress(reader.string(entry.address, `${field}[${i}].address`) ?? '');
    if (address === undefined)
      reader.problem(`${field}[${i}].address`, `${shown(entry.address)} is no IP address`);
    else if (!addresses.includes(address.text)) addresses.push(address.text);
  });
  return {
    name,
    zone: reader.string(labels?.[zoneLabel], `metadata.labels["${zoneLabel}"]`) ?? '',
    addresses,
    leaving: (metadata?.deletionTimestamp ?? undefined) !== undefined || isTainted(object.spec, reader),
  };
}

function isTainted(spec: unknown, reader: FieldReader): boolean {
  const field = 'spec.taints';
  return reader
    .list(reader.record(spec, 'spec')?.taints, field, 1000)
    .some((item, i) => reader.record(item, `${field}[${i}]`)?.key === toBeDeletedTaint);
}
