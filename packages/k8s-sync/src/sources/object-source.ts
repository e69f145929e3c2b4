import { BadObjectError, SourceStateError } from '../errors.ts';
import { objectIdentity } from '../objects/object-identity.ts';
import { withApiDefaults } from './api-defaults.ts';
import { ListenerQueue } from './listener-queue.ts';
import { objectKindOf } from './object-kind.ts';
import type { ObjectKind, ObjectSource } from './source-event.ts';

/** A source that is fed by calls. */
export interface CallSource extends ObjectSource {
  /**
   * Adds objects, or replaces them whole. `kind` and `apiVersion` are read as in a manifest. Missing fields that the API
   * server would fill in are filled in.
   *
   * @throws BadObjectError (LBX_BAD_OBJECT) if an object has no usable kind, apiVersion or name; nothing is taken then.
   */
  upsert(...objects: readonly object[]): void;
  /** Removes an object; one that does not exist is no error. */
  delete(kind: ObjectKind, namespace: string, name: string): void;
  /** Declares that everything there is has been told. Until then nothing that is missing is removed anywhere. */
  synced(): void;
}

/**
 * A source for code that has the objects already: tests, other controllers, other protocols.
 *
 * Before start() it only remembers; start() tells what there is by then, every later call is told at once.
 */
export function objectSource(name = 'objects'): CallSource {
  const objects = new Map<string, { kind: ObjectKind; object: object }>();
  let queue: ListenerQueue | undefined;
  let isSynced = false;
  let closed = false;

  return {
    name,
    upsert(...added) {
      const read = added.map((object) => ({ ...identify(object), object: withApiDefaults(object) }));
      for (const { kind, key, object } of read) {
        objects.set(key, { kind, object });
        queue?.push({ type: 'upsert', kind, object });
      }
    },
    delete(kind, namespace, objectName) {
      const { namespace: where } = objectIdentity(kind, { metadata: { namespace } });
      if (!objects.delete(`${kind} ${where}/${objectName}`)) return;
      queue?.push({ type: 'delete', kind, namespace: where, name: objectName });
    },
    synced() {
      if (isSynced) return;
      isSynced = true;
      queue?.push({ type: 'synced' });
    },
    status: () => ({
      name,
      synced: isSynced,
      syncedAt: queue?.syncedAt,
      waitingFor: isSynced ? [] : [name],
      objects: objects.size,
      pending: queue?.pending ?? 0,
      lastEventAt: queue?.lastEventAt,
      lastError: undefined,
      parts: [],
    }),
    async start(listener) {
      if (queue !== undefined || closed)
        throw new SourceStateError(`${name} was ${closed ? 'closed' : 'started'} before`);
      const events = new ListenerQueue(name, listener);
      queue = events;
      for (const { kind, object } of objects.values()) events.push({ type: 'upsert', kind, object });
      if (isSynced) events.push({ type: 'synced' });
    },
    async close() {
      closed = true;
      queue?.close();
    },
  };
}

function identify(object: object): { kind: ObjectKind; key: string } {
  const found = objectKindOf(object);
  const raw = object as { kind?: unknown };
  const kind = typeof found === 'string' ? found : String(raw.kind ?? 'object');
  const { namespace, name } = objectIdentity(kind, object);
  const refuse = (field: string, reason: string): never => {
    throw new BadObjectError({
      kind,
      namespace,
      objectName: name ?? '(no name)',
      field,
      reason,
      refused: true,
    });
  };
  if (typeof found !== 'string') return refuse(found.field, found.reason);
  if (name === undefined) return refuse('metadata.name', 'is missing');
  return { kind: found, key: `${found} ${namespace}/${name}` };
}
