import type { Frontend } from '@lbx/maps';
import type { FrontendConflictError } from '../errors.ts';
import type { EndpointSliceObject } from '../objects/endpoint-slice-object.ts';
import type { ServiceObject } from '../objects/service-object.ts';
import type { NodeTopology } from '../semantics/topology.ts';
import { FrontendClaims } from './frontend-claims.ts';
import { reuseFrontends } from './reuse-frontends.ts';
import { emptyResult, resultOf, type ServiceEntry, type ServiceResult } from './service-entry.ts';

const none: readonly Frontend[] = [];

/** Services with their slices, and what follows from them; computes again only what was touched. */
export class ServiceTable {
  readonly #entries = new Map<string, ServiceEntry>();
  /** Service key of each slice: a slice may move to another Service. */
  readonly #sliceOwner = new Map<string, string>();
  readonly #dirty = new Set<string>();
  readonly #claims = new FrontendClaims();
  /** Frontends that a Service really has. */
  readonly #won = new Map<string, readonly Frontend[]>();
  readonly #changed = new Set<string>();
  #sorted: string[] | undefined = [];
  #node: NodeTopology;

  constructor(node: NodeTopology) {
    this.#node = node;
  }

  setZone(zone: string): void {
    if (zone === this.#node.zone) return;
    this.#node = { ...this.#node, zone };
    for (const [key, entry] of this.#entries) if (entry.result.hinted) this.#dirty.add(key);
  }

  /** `undefined`: it does not exist, or does not count. */
  setService(namespace: string, name: string, service: ServiceObject | undefined): void {
    const key = `${namespace}/${name}`;
    const entry = this.#entryOf(key, service !== undefined);
    if (entry === undefined) return;
    if (service === undefined) delete entry.service;
    else entry.service = service;
    this.#dirty.add(key);
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

  /** The Services whose frontends changed since the last call, sorted. */
  takeChanged(): string[] {
    this.#refresh();
    const changed = [...this.#changed].sort();
    this.#changed.clear();
    return changed;
  }

  /** What a Service has; after takeChanged(). */
  frontendsOf(key: string): readonly Frontend[] {
    return this.#won.get(key) ?? none;
  }

  /** Appends all frontends, sorted by Service; after takeChanged(). */
  collect(into: Frontend[]): void {
    for (const key of this.#order()) {
      const won = this.#won.get(key);
      if (won !== undefined) for (const frontend of won) into.push(frontend);
    }
  }

  /** Up to date and sorted by Service. */
  results(): ServiceResult[] {
    this.#refresh();
    return this.#order().flatMap((key) => this.#entries.get(key)?.result ?? []);
  }

  conflicts(): FrontendConflictError[] {
    return this.#claims.conflicts();
  }

  /** Computes what was touched. */
  #refresh(): void {
    if (this.#dirty.size === 0) return;
    const affected = new Set(this.#dirty);
    for (const key of this.#dirty) {
      const entry = this.#entries.get(key);
      if (entry === undefined) continue;
      const before = entry.result.frontends;
      const result = resultOf(entry, this.#node);
      entry.result = { ...result, frontends: reuseFrontends(before, result.frontends) };
      const claimant = { service: key, createdAt: entry.service?.createdAt ?? '' };
      for (const other of this.#claims.replace(claimant, before, entry.result.frontends)) affected.add(other);
      if (entry.service === undefined && entry.slices.size === 0) {
        this.#entries.delete(key);
        this.#sorted = undefined;
      }
    }
    this.#dirty.clear();
    for (const key of affected) {
      const before = this.#won.get(key) ?? none;
      const after = this.#claims.won(key, this.#entries.get(key)?.result.frontends ?? none);
      if (before.length === after.length && before.every((frontend, i) => frontend === after[i])) continue;
      if (after.length === 0) this.#won.delete(key);
      else this.#won.set(key, after);
      this.#changed.add(key);
    }
  }

  #order(): string[] {
    this.#sorted ??= [...this.#entries.keys()].sort();
    return this.#sorted;
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
