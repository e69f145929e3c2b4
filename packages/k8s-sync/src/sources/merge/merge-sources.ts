import { SourceStateError } from '../../errors.ts';
import { ListenerQueue } from '../listener-queue.ts';
import type { ObjectSource, SourceEvent } from '../source-event.ts';
import { combineStatus } from '../source-status.ts';
import { MergedObjects } from './merged-objects.ts';

/**
 * Several sources as one.
 *
 * - An object that two sources have is that of the source named first; the other is a `problem` (LBX_DUPLICATE_OBJECT) until
 *   it is gone, and takes the first one's place if that goes.
 * - `synced` comes when all have synced; `status().waitingFor` names those that have not, `status().parts` has each.
 * - Problems of a source have its name in front of their key.
 *
 * start() starts all; if one rejects, all are closed and it rejects with the same error. The sources belong to the merge.
 *
 * @throws SourceStateError (LBX_SOURCE_STATE) if there is none, or two have the same name.
 */
export function mergeSources(sources: readonly ObjectSource[]): ObjectSource {
  const names = sources.map((source) => source.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (names.length === 0) throw new SourceStateError('mergeSources() needs at least one source');
  if (twice !== undefined) {
    throw new SourceStateError(
      `two of the merged sources are named ${twice}; give them names that tell them apart`,
    );
  }
  const name = names.join(' + ');
  const objects = new MergedObjects(names);
  const waiting = new Set(names);
  let queue: ListenerQueue | undefined;
  let state: 'new' | 'open' | 'closed' = 'new';

  function eventsOf(source: number, event: SourceEvent): SourceEvent[] {
    const prefix = `${names[source]}: `;
    switch (event.type) {
      case 'upsert':
        return objects.upsert(source, event);
      case 'delete':
        return objects.delete(source, event);
      case 'synced':
        return waiting.delete(names[source]!) && waiting.size === 0 ? [event] : [];
      default:
        return [event.key === undefined ? event : { ...event, key: `${prefix}${event.key}` }];
    }
  }

  const isClosed = () => state === 'closed';

  async function close(): Promise<void> {
    state = 'closed';
    queue?.close();
    await Promise.all(sources.map((source) => source.close()));
  }

  return {
    name,
    status() {
      const parts = sources.map((source) => source.status());
      const pending = (queue?.pending ?? 0) + parts.reduce((sum, part) => sum + part.pending, 0);
      return { ...combineStatus(name, parts, { syncedAt: queue?.syncedAt, pending }), objects: objects.size };
    },
    async start(listener) {
      if (state !== 'new')
        throw new SourceStateError(`${name}: start() was called before, or the source is closed`);
      state = 'open';
      const events = new ListenerQueue(name, listener);
      queue = events;
      try {
        await Promise.all(
          sources.map((source, i) =>
            source.start((event) => {
              let room: Promise<void> | undefined;
              for (const merged of eventsOf(i, event)) room = events.push(merged) ?? room;
              return room;
            }),
          ),
        );
      } catch (error) {
        // Closed by its listener, before all had started: then there is nothing to complain about.
        if (isClosed()) return;
        await close();
        throw error;
      }
    },
    close,
  };
}
