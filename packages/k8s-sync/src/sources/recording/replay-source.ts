import { createReadStream } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { RecordingError, SourceStateError } from '../../errors.ts';
import { objectIdentity } from '../../objects/object-identity.ts';
import { FairTurns } from '../fair-turns.ts';
import { ListenerQueue } from '../listener-queue.ts';
import type { ObjectSource, SourceEvent } from '../source-event.ts';
import { splitLines } from '../split-lines.ts';
import { parseEvent, parseHeader } from './recording-line.ts';

export interface ReplaySourceOptions {
  /** 1: as it was recorded, 10: ten times as fast. Without: as fast as the listener can take it. */
  readonly speed?: number;
}

/** A recording that is told again. */
export interface ReplaySource extends ObjectSource {
  /** Resolves when everything has been told that the recording has, or the source is closed. Never rejects. */
  readonly done: Promise<void>;
}

const maxLineBytes = 64 * 2 ** 20;

/**
 * Tells what recordSource() wrote, problems and `synced` included. After the end of the recording nothing more comes, and
 * what was told stays in force. A recording that was never synced is never synced. One that is broken in some line is a
 * `problem` that names it, and ends before that line: what comes later may rest on what cannot be read.
 *
 * start() rejects with RecordingError (LBX_RECORDING) if the file cannot be read or is no recording.
 */
export function replaySource(file: string, options: ReplaySourceOptions = {}): ReplaySource {
  const { speed = Number.POSITIVE_INFINITY } = options;
  if (!(speed > 0)) throw new RangeError(`speed ${speed} should be more than 0`);
  const name = `recording ${file}`;
  const abort = new AbortController();
  const { promise: done, resolve: finish } = Promise.withResolvers<void>();
  const objects = new Set<string>();
  let state: 'new' | 'open' | 'closed' = 'new';
  let queue: ListenerQueue | undefined;
  let lastError: Error | undefined;
  let synced = false;

  function count(event: SourceEvent): void {
    if (event.type === 'upsert') {
      const { namespace, name: objectName } = objectIdentity(event.kind, event.object);
      objects.add(`${event.kind} ${namespace}/${objectName}`);
    }
    if (event.type === 'delete') objects.delete(`${event.kind} ${event.namespace}/${event.name}`);
    if (event.type === 'synced') synced = true;
    if (event.type === 'problem') lastError = event.error;
    if (event.type === 'resolved') lastError = undefined;
  }

  async function tellAll(lines: AsyncGenerator<string>, events: ListenerQueue): Promise<void> {
    const begin = performance.now();
    const turns = new FairTurns();
    // The header was the first.
    let at = 1;
    try {
      for await (const line of lines) {
        at += 1;
        const { ms, event } = parseEvent(line);
        const wait = begin + ms / speed - performance.now();
        if (wait > 0 && Number.isFinite(speed)) await delay(wait, undefined, { signal: abort.signal });
        if (abort.signal.aborted) return;
        count(event);
        const busy = events.push(event);
        if (busy !== undefined) await busy;
        await turns.rest();
      }
    } catch (cause) {
      if (abort.signal.aborted) return;
      lastError = new RecordingError(file, `${messageOf(cause)}; the recording is told up to here`, {
        line: at,
        cause,
      });
      events.push({ type: 'problem', error: lastError, key: name });
    }
  }

  return {
    name,
    done,
    status: () => ({
      name,
      synced,
      syncedAt: queue?.syncedAt,
      waitingFor: synced ? [] : [name],
      objects: objects.size,
      pending: queue?.pending ?? 0,
      lastEventAt: queue?.lastEventAt,
      lastError,
      parts: [],
    }),
    async start(listener) {
      if (state !== 'new')
        throw new SourceStateError(`${name}: start() was called before, or the source is closed`);
      state = 'open';
      const lines = splitLines(createReadStream(file, { signal: abort.signal }), maxLineBytes);
      try {
        const first = await lines.next();
        if (first.done === true) throw new SyntaxError('is empty');
        parseHeader(first.value);
      } catch (cause) {
        finish();
        if (abort.signal.aborted) return;
        throw new RecordingError(file, `cannot be replayed: ${messageOf(cause)}`, { cause });
      }
      queue = new ListenerQueue(name, listener);
      void tellAll(lines, queue).finally(finish);
    },
    async close() {
      const wasOpen = state === 'open';
      state = 'closed';
      abort.abort();
      queue?.close();
      if (!wasOpen) finish();
      await done;
    },
  };
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
