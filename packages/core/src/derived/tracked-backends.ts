import { IdMap, type MapKey, type MapValue, type Table } from '@lbx/maps';
import { backendName } from '../apply/backend-places.ts';
import { inChunks } from '../tables/in-chunks.ts';
import type { BackendMetaKeeper } from './backend-meta.ts';
import type { GateEndpoint, KernelGate } from './gate.ts';

type Key = MapKey<'lb4_backends_v3'>;
type Value = MapValue<'lb4_backends_v3'>;

export interface BackendTracker {
  readonly meta: BackendMetaKeeper;
  readonly gate: KernelGate;
  /** Is the backend of this name (see backendName) on this node? */
  isLocal(name: string): boolean;
}

/** The backends table with its derived state. */
export interface TrackedBackends {
  readonly table: Table<Key, Value>;
  /** Works out anew where backends are: those of the given names, or all. */
  refresh(names?: Iterable<string>): void;
  /** Is the backend of this id on this node? undefined: there is none of this id and family. */
  placeOf(id: number): 'local' | 'remote' | undefined;
  /** Writes the metadata of this id again. */
  restore(id: number): void;
}

/** What the gate lets through for a local backend: its replies, as they leave the node. */
export const backendEndpoint = ({ address, port, proto }: Value): GateEndpoint => ({
  address,
  port,
  protocol: proto,
  localBackend: true,
});

/**
 * The backends table, with metadata kept beside it: a backend's generation turns odd after its entry is written, and
 * even before it is deleted, so that flows of an earlier holder of the id end at once. Packets to local backends are
 * passed up, and the gate lets tc egress look at their replies.
 */
export function trackBackends(
  table: Table<Key, Value>,
  { meta, gate, isLocal }: BackendTracker,
): TrackedBackends {
  const known = new IdMap<Value>();
  const idOf = new Map<string, number>();
  const nameOf = ({ address, port, proto }: Value) => backendName(address, port, proto);

  const written = ({ backendId }: Key, backend: Value) => {
    const before = known.get(backendId);
    const other = before !== undefined && nameOf(before) !== nameOf(backend);
    if (other) forget(backendId, before);
    known.set(backendId, backend);
    idOf.set(nameOf(backend), backendId);
    derive(backendId, backend, other);
  };
  const derive = (id: number, backend: Value, other = false) => {
    const local = isLocal(nameOf(backend));
    const endpoint = [backendEndpoint(backend)];
    if (local) gate.add(endpoint);
    meta.written(id, { state: backend.state, local, other });
    if (!local) gate.remove(endpoint);
  };
  const forget = (id: number, backend: Value) => {
    if (idOf.get(nameOf(backend)) === id) idOf.delete(nameOf(backend));
    gate.remove([backendEndpoint(backend)]);
  };
  const deleted = ({ backendId }: Key) => {
    const backend = known.get(backendId);
    if (backend === undefined) return;
    known.delete(backendId);
    forget(backendId, backend);
  };

  for (const [{ backendId }, backend] of table.entries()) {
    known.set(backendId, backend);
    idOf.set(nameOf(backend), backendId);
    meta.found(backendId, { state: backend.state });
  }

  return {
    placeOf(id) {
      const backend = known.get(id);
      return backend && (isLocal(nameOf(backend)) ? 'local' : 'remote');
    },
    restore(id) {
      const backend = known.get(id);
      if (backend !== undefined) derive(id, backend);
    },
    refresh(names) {
      const ids = names === undefined ? known.keys() : [...names].flatMap((name) => idOf.get(name) ?? []);
      for (const id of ids) derive(id, known.get(id) as Value);
    },
    table: {
      ...table,
      set(key, value, flag) {
        table.set(key, value, flag);
        written(key, value);
      },
      delete(key) {
        meta.removing(key.backendId);
        const done = table.delete(key);
        deleted(key);
        return done;
      },
      setBatch(entries) {
        return inChunks(entries, (chunk) => {
          let done = 0;
          try {
            done = table.setBatch(chunk);
            return done;
          } catch (error) {
            done = (error as { done?: number }).done ?? 0;
            throw error;
          } finally {
            for (const [key, value] of chunk.slice(0, done)) written(key, value);
          }
        });
      },
      deleteBatch(keys) {
        const all = [...keys];
        for (const key of all) meta.removing(key.backendId);
        const done = table.deleteBatch(all);
        for (const key of all) deleted(key);
        return done;
      },
    },
  };
}
