import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { RecordingError } from '../../errors.ts';
import { ListenerQueue } from '../listener-queue.ts';
import type { ObjectSource, SourceEvent } from '../source-event.ts';
import { formatEvent, formatHeader } from './recording-line.ts';

/**
 * The same source, whose events are also written down: one line of JSON each, with the time since the start, for
 * replaySource(). A file is made anew; of a stream that is given, the end is its owner's.
 *
 * start() rejects with RecordingError (LBX_RECORDING) if the file cannot be made. If writing fails later, that is a
 * `problem`, the recording ends, and the source goes on.
 */
export function recordSource(source: ObjectSource, target: string | Writable): ObjectSource {
  const { name } = source;
  const title = typeof target === 'string' ? target : `of ${name}`;
  let out: Writable | undefined;
  let queue: ListenerQueue | undefined;
  let drained: Promise<void> | undefined;
  let begin = 0;

  function failed(cause: unknown): void {
    if (out === undefined) return;
    out = undefined;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const error = new RecordingError(title, `cannot be written any further: ${reason}`, { cause });
    queue?.push({ type: 'problem', error, key: `${name}: recording` });
  }

  /** @returns a promise if whoever tells events should wait for the disk. */
  function write(event: SourceEvent): Promise<void> | undefined {
    const current = out;
    if (current === undefined) return undefined;
    let line: string;
    try {
      line = formatEvent({ ms: performance.now() - begin, event });
    } catch (cause) {
      // What code can make of an object: cycles, getters that throw.
      failed(cause);
      return undefined;
    }
    if (current.write(line)) return undefined;
    drained ??= new Promise<void>((resolve) => {
      const done = () => {
        drained = undefined;
        current.off('drain', done).off('close', done);
        resolve();
      };
      current.on('drain', done).on('close', done);
    });
    return drained;
  }

  return {
    name,
    status() {
      const status = source.status();
      return { ...status, pending: status.pending + (queue?.pending ?? 0) };
    },
    async start(listener) {
      const opened = typeof target === 'string' ? await openFile(target) : target;
      const events = new ListenerQueue(name, listener);
      queue = events;
      out = opened;
      opened.on('error', failed);
      begin = performance.now();
      opened.write(formatHeader(name, new Date()));
      try {
        await source.start((event) => {
          const busy = write(event);
          const room = events.push(event);
          return busy !== undefined && room !== undefined
            ? Promise.all([busy, room]).then(() => {})
            : (busy ?? room);
        });
      } catch (error) {
        await end();
        throw error;
      }
    },
    async close() {
      await source.close();
      queue?.close();
      await end();
    },
  };

  async function end(): Promise<void> {
    const current = out;
    out = undefined;
    if (current === undefined || typeof target !== 'string') return;
    current.end();
    await finished(current).catch(() => {});
  }
}

async function openFile(file: string): Promise<Writable> {
  const stream = createWriteStream(file);
  await new Promise<void>((resolve, reject) => {
    stream.once('open', () => resolve());
    stream.once('error', (cause) =>
      reject(
        new RecordingError(file, `cannot be written: ${cause.message}; name a file in a folder that exists`, {
          cause,
        }),
      ),
    );
  });
  return stream;
}
