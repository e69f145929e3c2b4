import type { Frontend } from '@lbx/maps';
import { BadObjectError } from '../errors.ts';
import { readEndpointSlice } from '../objects/endpoint-slice-object.ts';
import { FieldReader } from '../objects/field-reader.ts';
import { type IpFamily, ipFamilies } from '../objects/ip-address.ts';
import { type NodeObject, readNode, zoneLabel } from '../objects/node-object.ts';
import { objectIdentity } from '../objects/object-identity.ts';
import { readPod } from '../objects/pod-object.ts';
import { saysTheSame } from '../objects/same-slice.ts';
import { readService } from '../objects/service-object.ts';
import type { ServicePortState } from '../semantics/frontends.ts';
import type { HealthCheck } from '../semantics/health-checks.ts';
import { hostPortFrontends, podClaimName } from '../semantics/host-ports.ts';
import {
  type NodePortAddresses,
  nodePortAddresses,
  primaryAddress,
} from '../semantics/node-port-addresses.ts';
import { serviceExclusion, sliceExclusion } from '../semantics/service-exclusion.ts';
import type { ObjectKind, SourceEvent } from '../sources/source-event.ts';
import { assertTranslatorOptions } from './assert-translator-options.ts';
import { ChangeTriggers } from './change-triggers.ts';
import { claimRank } from './frontend-claims.ts';
import { FrontendTable } from './frontend-table.ts';
import { type NeverRead, NeverReadObjects } from './never-read.ts';
import { ObjectProblems } from './object-problems.ts';
import { ServiceTable } from './service-table.ts';
import type { IgnoredObject, Translation } from './translation.ts';

export interface TranslatorOptions {
  /** Name of the own Node; "" makes no endpoint local, and no Pod's host ports count. */
  readonly nodeName: string;
  /** Labels of the own Node until a Node object arrives (only the zone matters). */
  readonly nodeLabels?: Readonly<Record<string, string>>;
  /** Addresses of the node's interfaces, the main one of each family first. Without: those in the Node's status. */
  readonly nodeIPs?: readonly string[];
  /** kube-proxy's --nodeport-addresses: prefixes, or "primary". Without: all of `nodeIPs`. */
  readonly nodePortAddresses?: readonly string[];
  /**
   * Serve load balancer VIPs only of Services with one of these classes; "" stands for Services without a class. Cluster
   * IPs, NodePorts, external IPs and health checks of the others stay. Without: all, as kube-proxy.
   */
  readonly loadBalancerClasses?: readonly string[];
  /** Say false to serve no spec.externalIPs at all, as kube-proxy without its gate AllowServiceExternalIPs. */
  readonly externalIPs?: boolean;
  /** Changes of endpoints that were triggered before this (milliseconds since 1970) are not measured; now. */
  readonly startedAt?: number;
}

/** Keeps what a source tells and says what it means for one node, as kube-proxy would take it. */
export interface Translator {
  /** Never throws: what is wrong with an object appears in `problems`, and everything else stays in force. */
  apply(event: SourceEvent): void;
  /** The current meaning. Costs what changed since the last call, plus one pass over the list of frontends. */
  translate(): Translation;
  /**
   * Only what changed since the last translate() or translateChanges(): Services ("namespace/name", sorted) and Pods with
   * host ports ("Pod namespace/name") with the frontends that they have now, none if they are gone. Costs what changed,
   * whatever else there is.
   */
  translateChanges(): ReadonlyMap<string, readonly Frontend[]>;
  /**
   * Does a part of what the next translate() or translateChanges() has to do, so that a process that begins with thousands
   * of Services can do something else in between.
   * @param services - so many are worked out at most. @returns whether that was all.
   */
  prepare(services: number): boolean;
  /**
   * Of the Services that the last translate() or translateChanges() named: when the oldest change of their endpoints that
   * is answered by it was triggered (annotation endpoints.kubernetes.io/last-change-trigger-time), in milliseconds since
   * 1970. What was triggered before `startedAt` is not in here, nor what went away, as in kube-proxy's measure.
   */
  changeTriggers(): ReadonlyMap<string, number>;
  /** What is wrong now: as in translate(), without its pass over all frontends. */
  problems(): readonly Error[];
  /** What cannot be read now and never could: of these nothing is known, whatever was in force when this process began. */
  neverRead(): NeverRead;
  /** The source has told everything it had at its start. */
  synced(): boolean;
  /** Addresses came to or left the node's interfaces. Changes only what is served on addresses chosen for NodePorts. */
  setNodeIPs(nodeIPs: readonly string[]): void;
  /** The own Node as told; undefined: not told yet, or deleted. */
  node(): NodeObject | undefined;
  /** Every port of every Service that counts, with its endpoints and lists; sorted by Service, family, then port. */
  servicePorts(): ServicePortState[];
  /** What the health check servers of Services with externalTrafficPolicy Local should say. */
  healthChecks(): HealthCheck[];
  nodePortAddresses(family: 'IPv4' | 'IPv6'): NodePortAddresses;
  /** How much there was to do so far. */
  work(): TranslatorWork;
}

/** Counters for metrics and tests, from the start. */
export interface TranslatorWork {
  readonly events: number;
  /** Updates of objects that do not count, or that said nothing new: no Service was computed for them. */
  readonly withoutEffect: number;
  /** How often the endpoints of a Service were worked out. */
  readonly computed: number;
}

/**
 * Objects in, frontends out; only the Services that an event touches are computed again. Holds no resources.
 * @throws BadOptionError (LBX_BAD_OPTION)
 */
export function createTranslator(options: TranslatorOptions): Translator {
  assertTranslatorOptions(options);
  const { nodeName } = options;
  const classes =
    options.loadBalancerClasses === undefined ? undefined : new Set(options.loadBalancerClasses);
  const zone = options.nodeLabels?.[zoneLabel] ?? '';
  let node: NodeObject | undefined;
  /** Stays when the Node goes: the interfaces are still there. */
  let statusAddresses: readonly string[] = [];
  let nodeIPs = options.nodeIPs;
  let synced = false;
  let events = 0;
  let withoutEffect = 0;
  const frontends = new FrontendTable();
  const table = new ServiceTable({ nodeName, zone }, frontends);
  const ignored = new Map<string, IgnoredObject>();
  const problems = new ObjectProblems();
  const neverRead = new NeverReadObjects();
  const triggers = new ChangeTriggers(options.startedAt ?? Date.now());
  let answered: ReadonlyMap<string, number> = new Map();
  placeNode();

  function upsert(kind: ObjectKind, object: unknown, origin: string | undefined): void {
    const { namespace, name } = objectIdentity(kind, object);
    const reader = new FieldReader({ kind, namespace, objectName: name ?? '(no name)', origin });
    if (name === undefined) {
      reader.refuse('metadata.name', 'is missing');
      // Nothing tells which object this is about: the problem stays until the same place says something else.
      problems.set(`${kind} ${origin ?? namespace} (no name)`, reader.problems);
      return;
    }
    const identity = { namespace, name };
    const key = `${kind} ${namespace}/${name}`;
    if (kind === 'Service') upsertService(key, object, identity, reader);
    else if (kind === 'EndpointSlice') {
      const known = problems.has(key) ? undefined : table.sliceOf(namespace, name);
      if (known !== undefined && saysTheSame(object, known)) {
        withoutEffect += 1;
        return;
      }
      upsertSlice(key, object, identity, reader);
    } else if (kind === 'Pod' && nodeName !== '') {
      const pod = readPod(object, identity, reader);
      if (pod !== undefined) {
        const rank = pod.deleting ? claimRank.deletedPod : claimRank.pod;
        const claimant = { service: podClaimName(namespace, name), rank, createdAt: pod.createdAt };
        frontends.set(claimant, pod.nodeName === nodeName ? hostPortFrontends(pod) : []);
      }
    } else if (kind === 'Node' && name === nodeName) {
      setNode(readNode(object, name, reader) ?? node);
    }
    problems.set(key, reader.problems);
    if (!reader.problems.some(({ refused }) => refused)) neverRead.delete(key);
    else if (!ignored.has(key) && !table.has(kind, namespace, name))
      neverRead.add(kind, namespace, name, object, nodeName);
  }

  function upsertService(key: string, object: unknown, identity: Identity, reader: FieldReader): void {
    const { namespace, name } = identity;
    const read = readService(object, identity, reader);
    if (read === undefined) return;
    const reason = serviceExclusion(read);
    const foreign = classes !== undefined && !classes.has(read.loadBalancerClass ?? '');
    const { loadBalancerClass: _class, ...classless } = read;
    const service = {
      // A class that was asked for is nobody else's: its addresses are ours whole, as those without a class are.
      ...(classes === undefined || foreign ? read : classless),
      ...(foreign ? { ingressIPs: [] } : {}),
      ...(options.externalIPs === false ? { externalIPs: [] } : {}),
    };
    if (!table.setService(namespace, name, reason === undefined ? service : undefined)) withoutEffect += 1;
    ignore(key, reason === undefined ? undefined : { kind: 'Service', namespace, name, reason });
  }

  function upsertSlice(key: string, object: unknown, identity: Identity, reader: FieldReader): void {
    const { namespace, name } = identity;
    const slice = readEndpointSlice(object, identity, reader);
    if (slice === undefined) return;
    const reason = sliceExclusion(slice);
    if (reason === undefined) {
      table.setSlice(namespace, name, slice);
      triggers.note(`${namespace}/${slice.serviceName}`, slice.changedAt);
    } else {
      if (table.sliceOf(namespace, name) === undefined) withoutEffect += 1;
      table.setSlice(namespace, name, undefined);
    }
    ignore(key, reason === undefined ? undefined : { kind: 'EndpointSlice', namespace, name, reason });
  }

  function remove(kind: ObjectKind, givenNamespace: string, name: string): void {
    const { namespace } = objectIdentity(kind, { metadata: { namespace: givenNamespace } });
    const key = `${kind} ${namespace}/${name}`;
    if (kind === 'Service') table.setService(namespace, name, undefined);
    else if (kind === 'EndpointSlice') table.setSlice(namespace, name, undefined);
    else if (kind === 'Pod') {
      frontends.set({ service: podClaimName(namespace, name), rank: claimRank.pod, createdAt: '' }, []);
    } else if (kind === 'Node' && name === nodeName) setNode(undefined);
    ignored.delete(key);
    problems.delete(key);
    neverRead.delete(key);
  }

  function setNode(next: NodeObject | undefined): void {
    node = next;
    if (next !== undefined) statusAddresses = next.addresses;
    table.setZone(next === undefined ? zone : next.zone);
    placeNode();
  }

  function ignore(key: string, entry: IgnoredObject | undefined): void {
    if (entry === undefined) ignored.delete(key);
    else ignored.set(key, entry);
  }

  function servingAddresses(family: IpFamily): NodePortAddresses {
    return nodePortAddresses(family, nodeIPs ?? statusAddresses, options.nodePortAddresses);
  }

  /** Where all addresses of a family serve NodePorts, their frontends stand for all and need not follow them. */
  function placeNode(): void {
    const places: Partial<Record<IpFamily, readonly string[]>> = {};
    for (const family of ipFamilies) {
      const { matchAll, addresses } = servingAddresses(family);
      if (!matchAll) places[family] = addresses;
    }
    const own = (family: IpFamily) => primaryAddress(family, nodeIPs ?? statusAddresses);
    table.setNodeAddresses(places, { IPv4: own('IPv4'), IPv6: own('IPv6') });
  }

  function allProblems(): Error[] {
    return [...problems.list(), ...frontends.conflicts()];
  }

  function takeChanged(): string[] {
    table.refresh();
    const changed = frontends.takeChanged();
    answered = triggers.take(changed);
    return changed;
  }

  return {
    apply(event) {
      events += 1;
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
      const changed = takeChanged();
      return {
        frontends: frontends.all(),
        changed,
        nodeAddresses: allAddresses(nodeIPs ?? statusAddresses),
        ignored: [...ignored].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry),
        problems: allProblems(),
        synced,
      };
    },
    problems: allProblems,
    neverRead: () => neverRead.now,
    synced: () => synced,
    translateChanges: () => new Map(takeChanged().map((key) => [key, frontends.frontendsOf(key)])),
    prepare: (services) => table.refresh(services),
    changeTriggers: () => answered,
    setNodeIPs(next) {
      nodeIPs = [...next];
      placeNode();
    },
    node: () => node,
    servicePorts: () => table.ports(),
    healthChecks: () => table.healthChecks(),
    nodePortAddresses: servingAddresses,
    work: () => ({ events, withoutEffect, computed: table.computed }),
  };
}

interface Identity {
  readonly namespace: string;
  readonly name: string;
}

/** IPv4 first, without loopback. */
function allAddresses(nodeIPs: readonly string[]): string[] {
  return ipFamilies
    .flatMap((family) => nodePortAddresses(family, nodeIPs).addresses)
    .filter((address) => !address.startsWith('127.'));
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
