import { isDeepStrictEqual } from 'node:util';
import type { EndpointSliceObject } from '../objects/endpoint-slice-object.ts';
import type { ServiceObject } from '../objects/service-object.ts';
import { frontendsOf, type NodePortPlaces, type PrimaryAddresses } from '../semantics/frontends.ts';
import type { HealthCheck } from '../semantics/health-checks.ts';
import type { NodeTopology } from '../semantics/topology.ts';
import { claimRank } from './frontend-claims.ts';
import type { FrontendTable } from './frontend-table.ts';
import { emptyResult, resultOf, type ServiceEntry, type ServiceResult } from './service-entry.ts';

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
  /** Services with a nodePort. */
  readonly #nodePorts = new Set<string>();
  /** Services with source ranges: they depend on the node's own address. */
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
    const sliceKey = `${namespace}/${name}`;
    const owner = this.#sliceOwner.get(sliceKey);
    return owner === undefined ? undefined : this.#entries.get(owner)?.slices.get(sliceKey);
  }

  /** `undefined`: it does not exist, or does not count. @returns false if that is nothing new. */
  setService(namespace: string, name: string, service: ServiceObject | undefined): boolean {
    const key = `${namespace}/${name}`;
    const entry = this.#entryOf(key, service !== undefined);
    if (entry === undefined || isDeepStrictEqual(entry.service, service)) return false;
    if (service === undefined) delete entry.service;
    else entry.service = service;
    this.#dirty.add(key);
    return true;
  }

  /** `undefined`: it does not exist, or does not count. */
  setSlice(namespace: string, name: string, slice: EndpointSliceObject | undefined): void {
    const sliceKey = `${namespace}/${name}`;
    const before = this.#sliceOwner.get(sliceKey);
    const after = slice === undefined ? undefined : `${namespace}/${slice.serviceName}`;
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

  /** Up to date and sorted by Service. */
  results(): ServiceResult[] {
    this.refresh();
    this.#sorted ??= [...this.#entries.keys()].sort();
    return this.#sorted.flatMap((key) => this.#entries.get(key)?.result ?? []);
  }

  /** Up to date and sorted by Service. Costs what the Services with a health check are. */
  healthChecks(): HealthCheck[] {
    this.refresh();
    return [...this.#checked].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, checks]) => checks);
  }

  /** Computes what was touched and tells the frontends. */
  refresh(): void {
    for (const key of this.#dirty) {
      const entry = this.#entries.get(key);
      if (entry === undefined) continue;
      entry.result = resultOf(entry, this.#node);
      this.#computed += 1;
      mark(this.#hinted, key, entry.result.hinted);
      mark(
        this.#nodePorts,
        key,
        entry.result.ports.some(({ servicePort }) => servicePort.nodePort !== 0),
      );
      mark(
        this.#ranged,
        key,
        entry.result.ports.some(({ servicePort }) => servicePort.sourceRanges.length > 0),
      );
      if (entry.result.healthChecks.length === 0) this.#checked.delete(key);
      else this.#checked.set(key, entry.result.healthChecks);
      this.#moved.add(key);
    }
    this.#dirty.clear();
    for (const key of this.#moved) {
      const entry = this.#entries.get(key);
      if (entry === undefined) continue;
      const claimant = { service: key, rank: claimRank.service, createdAt: entry.service?.createdAt ?? '' };
      this.#frontends.set(
        claimant,
        entry.result.ports.flatMap((state) => frontendsOf(state, this.#places, this.#primary)),
      );
      if (entry.service === undefined && entry.slices.size === 0) {
        this.#entries.delete(key);
        this.#sorted = undefined;
      }
    }
    this.#moved.clear();
  }

  #entryOf(key: string, create: boolean): ServiceEntry | undefined {
    let entry = this.#entries.get(key);
    if (entry === undefined && create) {
      entry = { slices: new Map(), result: emptyResult };
      this.#entries.set(key, entry);
      this.#sorted = undefined;
    }
    return entry;
  }
}

function mark(set: Set<string>, key: string, is: boolean): void {
  if (is) set.add(key);
  else set.delete(key);
}
