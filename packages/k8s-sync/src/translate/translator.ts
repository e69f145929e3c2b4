import type { Frontend } from '@lbx/maps';
import { BadObjectError } from '../errors.ts';
import { readEndpointSlice } from '../objects/endpoint-slice-object.ts';
import { FieldReader } from '../objects/field-reader.ts';
import { ipFamilies } from '../objects/ip-address.ts';
import { type NodeObject, readNode, zoneLabel } from '../objects/node-object.ts';
import { objectIdentity } from '../objects/object-identity.ts';
import { readService } from '../objects/service-object.ts';
import type { ServicePortState } from '../semantics/frontends.ts';
import type { HealthCheck } from '../semantics/health-checks.ts';
import { type NodePortAddresses, nodePortAddresses } from '../semantics/node-port-addresses.ts';
import { serviceExclusion, sliceExclusion } from '../semantics/service-exclusion.ts';
import type { ObjectKind, SourceEvent } from '../sources/source-event.ts';
import { ObjectProblems } from './object-problems.ts';
import { ServiceTable } from './service-table.ts';
import type { IgnoredObject, Translation } from './translation.ts';

export interface TranslatorOptions {
  /** Name of the own Node; "" makes no endpoint local. */
  readonly nodeName: string;
  /** Labels of the own Node until a Node object arrives (only the zone matters). */
  readonly nodeLabels?: Readonly<Record<string, string>>;
  /** Addresses of the node's interfaces, the main one of each family first. Without: those in the Node's status. */
  readonly nodeIPs?: readonly string[];
  /** kube-proxy's --nodeport-addresses: prefixes, or "primary". Without: all of `nodeIPs`. */
  readonly nodePortAddresses?: readonly string[];
}

/** Keeps what a source tells and says what it means for one node, as kube-proxy would take it. */
export interface Translator {
  /** Never throws: what is wrong with an object appears in `problems`, and everything else stays in force. */
  apply(event: SourceEvent): void;
  /** The current meaning. Costs what changed since the last call, plus one pass over the list of frontends. */
  translate(): Translation;
  /**
   * Only what changed since the last translate() or translateChanges(): Services ("namespace/name", sorted) with the
   * frontends that they have now, none if they are gone. Costs what changed, whatever else there is.
   */
  translateChanges(): ReadonlyMap<string, readonly Frontend[]>;
  /** Addresses came to or left the node's interfaces. */
  setNodeIPs(nodeIPs: readonly string[]): void;
  /** Every port of every Service that counts, with its endpoints and lists; sorted by Service, family, then port. */
  servicePorts(): ServicePortState[];
  /** What the health check servers of Services with externalTrafficPolicy Local should say. */
  healthChecks(): HealthCheck[];
  nodePortAddresses(family: 'IPv4' | 'IPv6'): NodePortAddresses;
}

/** Objects in, frontends out; only the Services that an event touches are computed again. Holds no resources. */
export function createTranslator(options: TranslatorOptions): Translator {
  const { nodeName } = options;
  const initialNode: NodeObject = {
    name: nodeName,
    zone: options.nodeLabels?.[zoneLabel] ?? '',
    addresses: [],
  };
  let node = initialNode;
  let nodeIPs = options.nodeIPs;
  let synced = false;
  const table = new ServiceTable({ nodeName, zone: node.zone });
  const ignored = new Map<string, IgnoredObject>();
  const problems = new ObjectProblems();

  function upsert(kind: ObjectKind, object: unknown, origin: string | undefined): void {
    const { namespace, name } = objectIdentity(kind, object);
    const reader = new FieldReader({ kind, namespace, objectName: name ?? '(no name)', origin });
    if (name === undefined) {
      reader.refuse('metadata.name', 'is missing');
      // Nothing tells which object this is about: the problem stays until the same place says something else.
      problems.set(`${kind} ${origin ?? namespace} (no name)`, reader.problems);
      return;
    }
    const key = `${kind} ${namespace}/${name}`;
    if (kind === 'Service') {
      const service = readService(object, { namespace, name }, reader);
      if (service !== undefined) {
        const reason = serviceExclusion(service);
        table.setService(namespace, name, reason === undefined ? service : undefined);
        ignore(key, reason === undefined ? undefined : { kind, namespace, name, reason });
      }
    } else if (kind === 'EndpointSlice') {
      const slice = readEndpointSlice(object, { namespace, name }, reader);
      if (slice !== undefined) {
        const reason = sliceExclusion(slice);
        table.setSlice(namespace, name, reason === undefined ? slice : undefined);
        ignore(key, reason === undefined ? undefined : { kind, namespace, name, reason });
      }
    } else if (kind === 'Node' && name === nodeName) {
      setNode(readNode(object, name, reader) ?? node);
    }
    problems.set(key, reader.problems);
  }

  function remove(kind: ObjectKind, givenNamespace: string, name: string): void {
    const { namespace } = objectIdentity(kind, { metadata: { namespace: givenNamespace } });
    const key = `${kind} ${namespace}/${name}`;
    if (kind === 'Service') table.setService(namespace, name, undefined);
    else if (kind === 'EndpointSlice') table.setSlice(namespace, name, undefined);
    else if (kind === 'Node' && name === nodeName) setNode({ ...initialNode, addresses: node.addresses });
    ignored.delete(key);
    problems.delete(key);
  }

  function setNode(next: NodeObject): void {
    node = next;
    table.setZone(next.zone);
  }

  function ignore(key: string, entry: IgnoredObject | undefined): void {
    if (entry === undefined) ignored.delete(key);
    else ignored.set(key, entry);
  }

  function servingAddresses(family: 'IPv4' | 'IPv6'): NodePortAddresses {
    return nodePortAddresses(family, nodeIPs ?? node.addresses, options.nodePortAddresses);
  }

  return {
    apply(event) {
      try {
        if (event.type === 'upsert') upsert(event.kind, event.object, event.origin);
        else if (event.type === 'delete') remove(event.kind, event.namespace, event.name);
        else if (event.type === 'synced') synced = true;
        else if (event.type === 'resolved') problems.delete(`source ${event.key}`);
        else if (event.key === undefined) problems.addLoose(event.error);
        else problems.set(`source ${event.key}`, [event.error]);
      } catch (cause) {
        problems.addLoose(unexpected(event, cause));
      }
    },
    translate(): Translation {
      const changed = table.takeChanged();
      const frontends: Frontend[] = [];
      table.collect(frontends);
      return {
        frontends,
        changed,
        nodeAddresses: ipFamilies
          .flatMap((family) => servingAddresses(family).addresses)
          .filter((address) => !address.startsWith('127.')),
        ignored: [...ignored].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry),
        problems: [...problems.list(), ...table.conflicts()],
        synced,
      };
    },
    translateChanges: () => new Map(table.takeChanged().map((key) => [key, table.frontendsOf(key)])),
    setNodeIPs(next) {
      nodeIPs = [...next];
    },
    servicePorts: () => table.results().flatMap((result) => result.ports),
    healthChecks: () => table.results().flatMap((result) => result.healthChecks),
    nodePortAddresses: servingAddresses,
  };
}

/** Getters that throw, proxies, and whatever else code can make of an object. */
function unexpected(event: SourceEvent, cause: unknown): BadObjectError {
  const kind = event.type === 'upsert' || event.type === 'delete' ? event.kind : event.type;
  const reason = `cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new BadObjectError({
    kind,
    namespace: '',
    objectName: '(unknown)',
    field: '',
    reason,
    refused: true,
    origin: event.type === 'upsert' ? event.origin : undefined,
    cause,
  });
}
