import type { MapKey, ServiceMapName } from '../catalog.ts';
import { IdMap } from '../ids/id-map.ts';
import { type Entry, entryId } from '../project/entry.ts';
import type { BackendEntry } from '../project/entry-kinds.ts';
import { isMaster, isWildcard, type MasterValue, serviceName } from '../project/service-entry.ts';
import type { SlotEntry } from '../project/slot-entries.ts';
import type { Op } from './op.ts';
import type { Snapshot } from './snapshot.ts';
import { type WriteCount, WriteCounts } from './write-counts.ts';
import { WrittenBackends } from './written-backends.ts';
import { WrittenSlots } from './written-slots.ts';

/** What the maps hold of one frontend. */
export interface WrittenFrontend {
  master?: Entry;
  /** By slot, from 1 on. */
  readonly slots: WrittenSlots;
}

/**
 * What the maps hold, frontend by frontend: taken from a snapshot once, and kept in step by `record` with every single write
 * that was done. As long as nobody else writes, it is exact, also after writes that failed.
 */
export interface Written {
  readonly frontends: ReadonlyMap<string, WrittenFrontend>;
  readonly backends: ReadonlyMap<number, Entry>;
  /** A backend of the other family that has the same id as one of `backends`: a fault of whoever wrote it. */
  twinOf(backendId: number): Entry | undefined;
  /** By address. */
  readonly wildcards: ReadonlyMap<string, Entry>;
  /** Backend ids by slot of a frontend: the first is that of slot 1. Ends before the first slot that is not there. */
  slotsOf(frontend: string): readonly number[];
  /** How many slots name a backend. */
  usesOf(backendId: number): number;
  /** Reverse NAT, affinity matches, source ranges and Maglev table of a frontend id, by entry id. */
  othersOf(revNatId: number): ReadonlyMap<string, Entry>;
  /**
   * The frontend whose master has this id. Of two with the same id (a fault of whoever wrote them) the one that the reverse
   * NAT entry names.
   */
  ownerOf(revNatId: number): string | undefined;
  /** Ids with entries of `othersOf` and without an owner: a frontend that was only begun, or is half gone. */
  readonly ownerless: ReadonlySet<number>;
  /** What is known to be there under a key. */
  get(map: ServiceMapName, key: Entry['key']): Entry | undefined;
  /** All of it; may be changed meanwhile. */
  entries(): IterableIterator<Entry>;
  /** How many that are. Costs a look at each frontend. */
  count(): number;
  /** Entries and writes by map; maps that never had any are left out. Costs nothing. */
  readonly writeCounts: ReadonlyMap<ServiceMapName, WriteCount>;
  /** A write was done. */
  record(op: Op): void;
  /** What is in a map was found to be otherwise: as if this write had been done, by somebody else. */
  learn(op: Op): void;
}

/** What a snapshot says. */
export function createWritten({ entries }: Snapshot): Written {
  const written = new WrittenMaps();
  for (const entry of entries.values()) written.put(entry);
  // Of several the first one, as restoreIds has it: two scopes, or TCP and UDP, have the same reverse NAT entry.
  const named = new Set<number>();
  for (const entry of entries.values()) {
    if (!isMaster(entry) || isWildcard(entry)) continue;
    const { address, dport } = entry.key as { address: string; dport: number };
    const { revNatIndex } = entry.value as MasterValue;
    if (named.has(revNatIndex)) continue;
    for (const { value } of written.othersOf(revNatIndex).values()) {
      if (!('port' in value) || value.address !== address || value.port !== dport) continue;
      written.own(revNatIndex, serviceName(entry));
      named.add(revNatIndex);
    }
  }
  return written;
}

const none: ReadonlyMap<string, Entry> = new Map();

class WrittenMaps implements Written {
  readonly frontends = new Map<string, WrittenFrontend>();
  readonly backends = new WrittenBackends();
  readonly wildcards = new Map<string, Entry>();
  readonly #twins = new Map<number, BackendEntry>();
  readonly #uses = new IdMap<number>();
  readonly #owners = new IdMap<string>();
  /** Most have a single one. */
  readonly #others = new IdMap<Entry | Map<string, Entry>>();
  readonly ownerless = new Set<number>();
  readonly #counts = new WriteCounts();

  get writeCounts(): ReadonlyMap<ServiceMapName, WriteCount> {
    return this.#counts.byMap;
  }

  slotsOf(frontend: string): readonly number[] {
    return this.frontends.get(frontend)?.slots.backends() ?? [];
  }

  usesOf(backendId: number): number {
    return this.#uses.get(backendId) ?? 0;
  }

  twinOf(backendId: number): Entry | undefined {
    return this.#twins.get(backendId);
  }

  ownerOf(revNatId: number): string | undefined {
    return this.#owners.get(revNatId);
  }

  othersOf(revNatId: number): ReadonlyMap<string, Entry> {
    const others = this.#others.get(revNatId);
    if (others === undefined || others instanceof Map) return others ?? none;
    return new Map([[entryId(others.map, others.key), others]]);
  }

  own(revNatId: number, name: string): void {
    this.#owners.set(revNatId, name);
    this.ownerless.delete(revNatId);
  }

  get(map: ServiceMapName, key: Entry['key']): Entry | undefined {
    const found = this.#find(map, key);
    return found?.map === map ? found : undefined;
  }

  #find(map: ServiceMapName, key: Entry['key']): Entry | undefined {
    if ('revNatId' in key) return this.othersOf(key.revNatId).get(entryId(map, key));
    if ('backendId' in key) {
      const backend = this.backends.get(key.backendId);
      return backend?.map === map ? backend : this.#twins.get(key.backendId);
    }
    if (isWildcard({ map, key })) return this.wildcards.get((key as MapKey<'lb4_services_v2'>).address);
    const frontend = this.frontends.get(serviceName({ key }));
    const { backendSlot } = key as MapKey<'lb4_services_v2'>;
    return backendSlot === 0 ? frontend?.master : frontend?.slots.get(backendSlot);
  }

  *entries(): IterableIterator<Entry> {
    yield* this.backends.values();
    yield* this.#twins.values();
    for (const { master, slots } of this.frontends.values()) {
      if (master !== undefined) yield master;
      yield* slots.values();
    }
    for (const others of this.#others.values())
      if (others instanceof Map) yield* others.values();
      else yield others;
    yield* this.wildcards.values();
  }

  count(): number {
    let count = this.backends.size + this.#twins.size + this.wildcards.size;
    for (const { master, slots } of this.frontends.values())
      count += slots.size + (master === undefined ? 0 : 1);
    for (const others of this.#others.values()) count += others instanceof Map ? others.size : 1;
    return count;
  }

  record(op: Op): void {
    this.#counts.write(op.map, op.op);
    this.learn(op);
  }

  learn(op: Op): void {
    if (op.op === 'set') this.put(op);
    else this.#remove(op);
  }

  put(entry: Entry): void {
    const { key } = entry;
    if ('revNatId' in key) {
      this.#putOther(key.revNatId, entry);
    } else if ('backendId' in key) {
      this.#putBackend(entry as BackendEntry);
    } else if (isWildcard(entry)) {
      const { address } = key as MapKey<'lb4_services_v2'>;
      this.#count(this.wildcards.get(address), entry);
      this.wildcards.set(address, entry);
    } else {
      const name = entry.frontend ?? serviceName(entry);
      const frontend = this.#frontend(name);
      const { backendSlot } = key as MapKey<'lb4_services_v2'>;
      if (backendSlot === 0) {
        this.#disown(frontend, name);
        this.#count(frontend.master, entry);
        frontend.master = entry;
        const { revNatIndex } = entry.value as MasterValue;
        if (!this.#owners.has(revNatIndex)) this.own(revNatIndex, name);
      } else {
        this.#dropSlot(frontend, backendSlot);
        const slot = entry as SlotEntry;
        frontend.slots.set(backendSlot, slot);
        this.#use(slot.value.backendId, 1);
        this.#counts.entries(entry.map, 1);
      }
    }
  }

  #remove({ map, key }: Pick<Entry, 'map' | 'key'>): void {
    if ('revNatId' in key) {
      this.#removeOther(key.revNatId, entryId(map, key));
      return;
    }
    if ('backendId' in key) {
      this.#removeBackend(map, key.backendId);
      return;
    }
    const { backendSlot, address } = key as MapKey<'lb4_services_v2'>;
    const entry = { map, key } as Entry;
    if (isWildcard(entry)) {
      this.#count(this.wildcards.get(address), undefined);
      this.wildcards.delete(address);
      return;
    }
    const name = serviceName(entry);
    const frontend = this.frontends.get(name);
    if (frontend === undefined) return;
    if (backendSlot === 0) {
      this.#disown(frontend, name);
      this.#count(frontend.master, undefined);
      delete frontend.master;
    } else {
      this.#dropSlot(frontend, backendSlot);
    }
    if (frontend.master === undefined && frontend.slots.size === 0) this.frontends.delete(name);
  }

  #putBackend(entry: BackendEntry): void {
    const { backendId } = entry.key;
    const map = this.backends.mapOf(backendId);
    if (map === undefined || map === entry.map) {
      this.backends.set(backendId, entry);
      if (map === undefined) this.#counts.entries(entry.map, 1);
    } else {
      this.#count(this.#twins.get(backendId), entry);
      this.#twins.set(backendId, entry);
    }
  }

  #removeBackend(map: ServiceMapName, id: number): void {
    const twin = this.#twins.get(id);
    if (twin?.map === map) {
      this.#count(twin, undefined);
      this.#twins.delete(id);
      return;
    }
    this.#count(this.backends.get(id), undefined);
    if (twin === undefined) this.backends.delete(id);
    else {
      this.backends.set(id, twin);
      this.#twins.delete(id);
    }
  }

  #putOther(revNatId: number, entry: Entry): void {
    const others = this.othersOf(revNatId);
    if (others.size === 0 && !this.#owners.has(revNatId)) this.ownerless.add(revNatId);
    const id = entryId(entry.map, entry.key);
    const before = others.get(id);
    this.#count(before, entry);
    if (others.size === (before === undefined ? 0 : 1)) this.#others.set(revNatId, entry);
    else this.#others.set(revNatId, (others as Map<string, Entry>).set(id, entry));
  }

  #removeOther(revNatId: number, id: string): void {
    const others = this.othersOf(revNatId) as Map<string, Entry>;
    this.#count(others.get(id), undefined);
    if (!others.delete(id)) return;
    const [last] = others.values();
    if (last === undefined) {
      this.#others.delete(revNatId);
      this.ownerless.delete(revNatId);
    } else if (others.size === 1) this.#others.set(revNatId, last);
  }

  #frontend(name: string): WrittenFrontend {
    let frontend = this.frontends.get(name);
    if (frontend === undefined) {
      frontend = { slots: new WrittenSlots() };
      this.frontends.set(name, frontend);
    }
    return frontend;
  }

  #disown({ master }: WrittenFrontend, name: string): void {
    if (master === undefined) return;
    const { revNatIndex } = master.value as MasterValue;
    if (this.#owners.get(revNatIndex) !== name) return;
    this.#owners.delete(revNatIndex);
    if (this.#others.has(revNatIndex)) this.ownerless.add(revNatIndex);
  }

  /** An entry takes the place of another one, or of none. */
  #count(before: Entry | undefined, after: Entry | undefined): void {
    if (before?.map === after?.map) return;
    if (before !== undefined) this.#counts.entries(before.map, -1);
    if (after !== undefined) this.#counts.entries(after.map, 1);
  }

  #dropSlot({ slots }: WrittenFrontend, slot: number): void {
    const before = slots.get(slot);
    if (before === undefined) return;
    slots.delete(slot);
    this.#use(before.value.backendId, -1);
    this.#counts.entries(before.map, -1);
  }

  #use(backendId: number, by: 1 | -1): void {
    const uses = (this.#uses.get(backendId) ?? 0) + by;
    if (uses === 0) this.#uses.delete(backendId);
    else this.#uses.set(backendId, uses);
  }
}
