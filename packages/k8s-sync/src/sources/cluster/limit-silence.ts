import type { Readable } from 'node:stream';

/** Nothing came for too long: the other side, or the way to it, is dead. */
export class SilenceError extends Error {
  override readonly name = 'SilenceError';

  constructor(ms: number) {
    super(`nothing came for ${ms / 1000} s`);
  }
}

/**
 * The parts of a body, as long as the next one comes within `limitMs()`. Only the time of waiting for the other side
 * counts, not that of a slow reader, which must not be taken for a dead server; nor that in which this process did not
 * run (a busy machine, a virtual one that was frozen): what came meanwhile is read before anything is called silence.
 *
 * @throws SilenceError
 */
export async function* limitSilence(body: Readable, limitMs: () => number): AsyncGenerator<Uint8Array> {
  const parts = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const ms = limitMs();
      let late: NodeJS.Immediate | undefined;
      const timer = setTimeout(() => {
        // Sockets are read after timers, and before this.
        late = setImmediate(() => body.destroy(new SilenceError(ms)));
      }, ms);
      let next: IteratorResult<unknown>;
      try {
        next = await parts.next();
      } finally {
        clearTimeout(timer);
        clearImmediate(late);
      }
      if (next.done === true) return;
      yield next.value as Uint8Array;
    }
  } finally {
    // Left early, or broken: the connection is not to be used again.
    body.destroy();
  }
}
