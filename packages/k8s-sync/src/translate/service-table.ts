import { isDeepStrictEqual } from 'node:util';
import type { EndpointSliceObject } from '../objects/endpoint-slice-object.ts';
import type { ServiceObject } from '../objects/service-object.ts';
import {
  frontendsOf,
  type NodePortPlaces,
  type PrimaryAddresses,
  type ServicePortState,
} from '../semantics/frontends.ts';
import type { HealthCheck } from '../semantics/health-checks.ts';
import type { NodeTopology } from '../semantics/topology.ts';
import type { ObjectKind } from '../sources/source-event.ts';
import { claimRank } from './frontend-claims.ts';
import type { FrontendTable } from './frontend-table.ts';
import { resultOf, type ServiceEntry } from './service-entry.ts';

/** Services with their slices, and what follows from them; computes again only what was touched. */
export class ServiceTable {
  readonly #entries = new Map<string, ServiceEntry>();
  /** Service key of each slice: a slice may move to another Service. */
  readonly #sliceOwner = new Map<string, string>();
  /** Everything about these is computed again. */
  readonly #dirty = new Set<string>();
  /** Of these only where they are served. */
  readonly #moved = new Set<string>();
  /** Services whose endpoints have hints: they depend on the node's zone. */
  readonly #hinted = new Set<string>();
  /** Services with a health check. */
  readonly #checked = new Map<string, readonly HealthCheck[]>();
  /** Services with a nodePort. What their ports are is kept: the node's addresses come and go. */
  readonly #nodePorts = new Set<string>();
  /** Services with source ranges: they depend on the node's own address. Kept likewise. */
  readonly #ranged = new Set<string>();
  readonly #frontends: FrontendTable;
  #sorted: string[] | undefined = [];
  #node: NodeTopology;
  #places: NodePortPlaces = {};
  #primary: PrimaryAddresses | undefined;
  #computed = 0;

  constructor(node: NodeTopology, frontends: FrontendTable) {
    this.#node = node;
    this.#frontends = frontends;
  }

  /** How often the endpoints of a Service were worked out. */
  get computed(): number {
    return this.#computed;
  }

  setZone(zone: string): void {
    if (zone === this.#node.zone) return;
    this.#node = { ...this.#node, zone };
    for (const key of this.#hinted) this.#dirty.add(key);
  }

  setNodeAddresses(places: NodePortPlaces, primary: PrimaryAddresses): void {
    if (!isDeepStrictEqual(places, this.#places)) for (const key of this.#nodePorts) this.#moved.add(key);
    if (!isDeepStrictEqual(primary, this.#primary)) for (const key of this.#ranged) this.#moved.add(key);
    this.#places = places;
    this.#primary = primary;
  }

  sliceOf(namespace: string, name: string): EndpointSliceObject | undefined {
    const sliceKey = nameIn(namespace, name);
    const owner = this.#sliceOwner.get(sliceKey);
    return owner === undefined ? undefined : this.#entries.get(owner)?.slices.get(sliceKey);
  }

  /** Is there a Service, or a slice, of that name? */
  has(kind: ObjectKind, namespace: string, name: string): boolean {
    if (kind === 'EndpointSlice') return this.sliceOf(namespace, name) !== undefined;
    return kind === 'Service' && this.#entries.get(`${namespace}/${name}`)?.service !== undefined;
  }

  /** `undefined`: it does not exist, or does not count. @returns false if that is nothing new. */
  setService(namespace: string, name: string, service: ServiceObject | undefined): boolean {
    const key = nameIn(namespace, name);
    const entry = this.#entryOf(key, service !== undefined);
    if (entry === undefined || isDeepStrictEqual(entry.service, service)) return false;
    entry.service = service;
    this.#dirty.add(key);
    return true;
  }

  /** `undefined`: it does not exist, or does not count. */
  setSlice(namespace: string, name: string, slice: EndpointSliceObject | undefined): void {
    const sliceKey = nameIn(namespace, name);
    const before = this.#sliceOwner.get(sliceKey);
    const after = slice === undefined ? undefined : nameIn(namespace, slice.serviceName);
    if (before !== undefined && before !== after) {
      this.#entries.get(before)?.slices.delete(sliceKey);
      this.#dirty.add(before);
      this.#sliceOwner.delete(sliceKey);
    }
    if (slice === undefined || after === undefined) return;
    this.#entryOf(after, true)?.slices.set(sliceKey, slice);
    this.#sliceOwner.set(sliceKey, after);
    this.#dirty.add(after);
  }

  /** Up to date and sorted by Service; what is not kept is worked out again. */
  ports(): ServicePortState[] {
    this.refresh();
    this.#sorted ??= [...this.#entries.keys()].sort();
    return this.#sorted.flatMap((key) => {
      const entry = this.#entries.get(key)!;
      return entry.ports ?? resultOf(entry, this.#node).ports;
    });
  }

  /** Up to date and sorted by Service. Costs what the Services with a health check are. */
  healthChecks(): HealthCheck[] {
    this.refresh();
    return [...this.#checked].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, checks]) => checks);
  }

  /**
   * Computes what was touched and tells the frontends.
   * @param limit - so many Services at most. @returns whether that was all.
   */
  refresh(limit = Number.POSITIVE_INFINITY): boolean {
    let left = limit;
    for (const key of this.#dirty) {
      if (left-- <= 0) return false;
      this.#dirty.delete(key);
      const entry = this.#entries.get(key);
      if (entry === undefined) continue;
      const { ports, hinted, healthChecks } = resultOf(entry, this.#node);
      this.#computed += 1;
      const nodePorts = ports.some(({ servicePort }) => servicePort.nodePort !== 0);
      const ranged = ports.some(({ servicePort }) => servicePort.sourceRanges.length > 0);
      mark(this.#hinted, key, hinted);
      mark(this.#nodePorts, key, nodePorts);
      mark(this.#ranged, key, ranged);
      if (healthChecks.length === 0) this.#checked.delete(key);
      else this.#checked.set(key, healthChecks);
      // A cluster has hundreds of thousands of endpoints: of most Services only the frontends are kept.
      entry.ports = nodePorts || ranged ? ports : undefined;
      this.#moved.delete(key);
      this.#serve(key, entry, ports);
    }
    for (const key of this.#moved) {
      const entry = this.#entries.get(key);
      if (entry?.ports !== undefined) this.#serve(key, entry, entry.ports);
    }
    this.#moved.clear();
    return true;
  }

  /** Tells the frontends of a Service. */
  #serve(key: string, { service, slices }: ServiceEntry, ports: readonly ServicePortState[]): void {
    const claimant = { service: key, rank: claimRank.service, createdAt: service?.createdAt ?? '' };
    // A copy has no room to spare, as lists have that grew.
    const frontends = ports.flatMap((state) => frontendsOf(state, this.#places, this.#primary)).slice();
    this.#frontends.set(claimant, frontends);
    if (service !== undefined || slices.size > 0) return;
    this.#entries.delete(key);
    this.#sorted = undefined;
  }

  #entryOf(key: string, create: boolean): ServiceEntry | undefined {
    let entry = this.#entries.get(key);
    if (entry === undefined && create) {
      entry = { service: undefined, slices: new Map(), ports: undefined };
      this.#entries.set(key, entry);
      this.#sorted = undefined;
    }
    return entry;
  }
}

/** Joined, not added up: V8 keeps a sum as a tree of its parts. */
function nameIn(namespace: string, name: string): string {
  return [namespace, name].join('/');
}

function mark(set: Set<string>, key: string, is: boolean): void {
  if (is) set.add(key);
  else set.delete(key);
}
