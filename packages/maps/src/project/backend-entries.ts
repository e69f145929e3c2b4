import type { Lb4Backend } from '../layouts/backend.ts';
import { BackendStateByte } from '../layouts/names.ts';
import { familyOf } from '../model/address.ts';
import type { Backend, BackendState } from '../model/backend.ts';
import { protocolNumbers } from '../model/protocol.ts';
import { mapsOf } from './entry.ts';
import type { BackendEntry } from './entry-kinds.ts';

const stateBytes: Readonly<Record<BackendState, number>> = {
  active: BackendStateByte.active,
  terminating: BackendStateByte.terminating,
  'terminating-not-serving': BackendStateByte.terminating,
  quarantined: BackendStateByte.quarantined,
  maintenance: BackendStateByte.maintenance,
};

const stateByteOf = ({ state }: Backend): number => stateBytes[state ?? 'active'];

/** What the maps say of a backend whose address is canonical. */
function backendValue(backend: Backend): Lb4Backend {
  const { address, port, protocol, zone = 0 } = backend;
  const proto = protocolNumbers[protocol];
  return { address, port, proto, state: stateByteOf(backend), clusterId: 0, zone };
}

/** Entry of a backends map. */
export function backendEntry(backendId: number, value: Lb4Backend): BackendEntry {
  return { op: 'set', map: mapsOf[familyOf(value.address)].backends, key: { backendId }, value };
}

/** Do the maps say the same of two backends whose addresses are canonical? */
export function isSameBackend(a: Backend, b: Backend): boolean {
  return (
    a === b ||
    (a.address === b.address &&
      a.port === b.port &&
      a.protocol === b.protocol &&
      stateByteOf(a) === stateByteOf(b) &&
      (a.zone ?? 0) === (b.zone ?? 0))
  );
}

/**
 * The backends of a frontend with their ids, as entries. These are made when they are asked for: a cluster has hundreds of
 * thousands, and the backends themselves are kept anyway.
 */
export class BackendEntries implements Iterable<BackendEntry> {
  /** Addresses are canonical. */
  readonly backends: readonly Backend[];
  /** `ids[n]` is that of `backends[n]`. */
  readonly ids: readonly number[];

  constructor(backends: readonly Backend[], ids: readonly number[]) {
    this.backends = backends;
    this.ids = ids;
  }

  get length(): number {
    return this.ids.length;
  }

  *[Symbol.iterator](): IterableIterator<BackendEntry> {
    for (const [i, id] of this.ids.entries()) yield backendEntry(id, backendValue(this.backends[i]!));
  }
}

/** Backends under their ids, as the entries that they are in the maps. */
export class BackendEntriesById implements ReadonlyMap<number, BackendEntry> {
  readonly #backends: ReadonlyMap<number, Backend>;

  /** @param backends - addresses are canonical; what changes there changes here. */
  constructor(backends: ReadonlyMap<number, Backend>) {
    this.#backends = backends;
  }

  get size(): number {
    return this.#backends.size;
  }

  has(id: number): boolean {
    return this.#backends.has(id);
  }

  get(id: number): BackendEntry | undefined {
    const backend = this.#backends.get(id);
    return backend && backendEntry(id, backendValue(backend));
  }

  keys(): MapIterator<number> {
    return this.#backends.keys();
  }

  *entries(): MapIterator<[number, BackendEntry]> {
    for (const [id, backend] of this.#backends) yield [id, backendEntry(id, backendValue(backend))];
  }

  *values(): MapIterator<BackendEntry> {
    for (const [, entry] of this) yield entry;
  }

  [Symbol.iterator](): MapIterator<[number, BackendEntry]> {
    return this.entries();
  }

  forEach(call: (entry: BackendEntry, id: number, map: ReadonlyMap<number, BackendEntry>) => void): void {
    for (const [id, entry] of this) call(entry, id, this);
  }
}
