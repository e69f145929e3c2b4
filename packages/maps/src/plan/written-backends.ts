import { IdMap, type MutableMap } from '../ids/id-map.ts';
import { familyOf } from '../model/address.ts';
import { backendEntry } from '../project/backend-entries.ts';
import { mapsOf } from '../project/entry.ts';
import type { BackendEntry } from '../project/entry-kinds.ts';

/** What hardly any backend has. */
interface Rest {
  readonly clusterId: number;
  readonly zone: number;
}

/**
 * What the maps hold of backends, by id: their addresses, and a number for the rest. Entries are made when they are asked
 * for: a cluster has hundreds of thousands, each ten times as large. One id is in the map of one family only.
 */
export class WrittenBackends implements MutableMap<number, BackendEntry> {
  readonly #addresses = new IdMap<string>();
  /** Port, protocol and state in 32 bits. */
  readonly #facts = new IdMap<number>();
  readonly #rest = new Map<number, Rest>();

  get size(): number {
    return this.#addresses.size;
  }

  has(id: number): boolean {
    return this.#addresses.has(id);
  }

  /** The map that has a backend of this id. */
  mapOf(id: number): BackendEntry['map'] | undefined {
    const address = this.#addresses.get(id);
    return address === undefined ? undefined : mapsOf[familyOf(address)].backends;
  }

  get(id: number): BackendEntry | undefined {
    const address = this.#addresses.get(id);
    if (address === undefined) return undefined;
    const facts = this.#facts.get(id)!;
    const { clusterId, zone } = this.#rest.get(id) ?? { clusterId: 0, zone: 0 };
    return backendEntry(id, {
      address,
      port: facts & 0xffff,
      proto: (facts >>> 16) & 0xff,
      state: facts >>> 24,
      clusterId,
      zone,
    });
  }

  set(id: number, { value: { address, port, proto, state, clusterId, zone } }: BackendEntry): this {
    this.#addresses.set(id, address);
    this.#facts.set(id, (state << 24) | (proto << 16) | port);
    if (clusterId === 0 && zone === 0) this.#rest.delete(id);
    else this.#rest.set(id, { clusterId, zone });
    return this;
  }

  delete(id: number): boolean {
    this.#facts.delete(id);
    this.#rest.delete(id);
    return this.#addresses.delete(id);
  }

  keys(): MapIterator<number> {
    return this.#addresses.keys();
  }

  *entries(): MapIterator<[number, BackendEntry]> {
    for (const id of this.keys()) yield [id, this.get(id)!];
  }

  *values(): MapIterator<BackendEntry> {
    for (const id of this.keys()) yield this.get(id)!;
  }

  [Symbol.iterator](): MapIterator<[number, BackendEntry]> {
    return this.entries();
  }

  forEach(call: (entry: BackendEntry, id: number, map: ReadonlyMap<number, BackendEntry>) => void): void {
    for (const [id, entry] of this) call(entry, id, this);
  }
}
