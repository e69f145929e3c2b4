import { ListenerError } from '../errors.ts';
import { objectIdentity } from '../objects/object-identity.ts';
import type { SourceEvent, SourceListener } from './source-event.ts';

/** So many objects may wait before whoever reads from somewhere has to wait too. */
const defaultLimit = 1000;

/**
 * Between a source and its listener. While the listener keeps up, events go straight through. When it returns a promise,
 * later events wait, and of those about one object (or one problem) only the newest: it is told in the place of the
 * first, so that a slow listener gets less work and never an old state. What the listener throws comes back to it as a
 * `problem` event (and if it throws at that too, the process hears of it as a warning).
 */
export class ListenerQueue {
  readonly #source: string;
  readonly #listener: SourceListener;
  readonly #limit: number;
  readonly #waiting = new Map<string | symbol, SourceEvent>();
  #busy = false;
  #closed = false;
  /** Resolves when there is room again. */
  #room: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  #lastEventAt: number | undefined;
  #syncedAt: number | undefined;

  constructor(source: string, listener: SourceListener, limit = defaultLimit) {
    this.#source = source;
    this.#listener = listener;
    this.#limit = limit;
  }

  /** Events that wait. */
  get pending(): number {
    return this.#waiting.size;
  }

  /** When the last upsert or delete was handed over; milliseconds since 1970. */
  get lastEventAt(): number | undefined {
    return this.#lastEventAt;
  }

  /** When `synced` was handed over. */
  get syncedAt(): number | undefined {
    return this.#syncedAt;
  }

  /**
   * Tells the listener, now or when it is ready.
   *
   * @returns a promise if too much waits for a listener that is busy: whoever reads from somewhere should wait for it before
   * reading on. It never rejects, and resolves when there is room again or the queue is closed.
   */
  push(event: SourceEvent): Promise<void> | undefined {
    if (this.#closed) return undefined;
    if (!this.#busy) {
      const busy = this.#call(event);
      if (busy === undefined) return undefined;
      this.#busy = true;
      void this.#drain(busy);
      return undefined;
    }
    this.#waiting.set(queueKey(event), event);
    if (this.#waiting.size < this.#limit) return undefined;
    this.#room ??= Promise.withResolvers<void>();
    return this.#room.promise;
  }

  /** Nothing is told any more, not even what waits. */
  close(): void {
    this.#closed = true;
    this.#waiting.clear();
    this.#makeRoom();
  }

  async #drain(busy: Promise<void>): Promise<void> {
    let current: Promise<void> | undefined = busy;
    for (;;) {
      if (current !== undefined) await current;
      const next = this.#waiting.entries().next();
      if (next.done === true) break;
      const [key, event] = next.value;
      this.#waiting.delete(key);
      if (this.#waiting.size <= this.#limit / 2) this.#makeRoom();
      current = this.#call(event);
    }
    this.#busy = false;
  }

  #makeRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  /** @returns a promise that never rejects, if the listener needs time. */
  #call(event: SourceEvent): Promise<void> | undefined {
    if (event.type === 'upsert' || event.type === 'delete') this.#lastEventAt = Date.now();
    if (event.type === 'synced') this.#syncedAt = Date.now();
    try {
      const result: unknown = this.#listener(event);
      return isThenable(result)
        ? Promise.resolve(result).then(
            () => {},
            (cause) => this.#threw(cause),
          )
        : undefined;
    } catch (cause) {
      this.#threw(cause);
      return undefined;
    }
  }

  #threw(cause: unknown): void {
    const error = new ListenerError(this.#source, cause);
    try {
      const result: unknown = this.#listener({ type: 'problem', error, key: `${this.#source}: listener` });
      if (isThenable(result)) Promise.resolve(result).catch(() => process.emitWarning(error));
    } catch {
      process.emitWarning(error);
    }
  }
}

/** Events with the same key replace each other while they wait; `synced`, and problems without a key, stay. */
function queueKey(event: SourceEvent): string | symbol {
  switch (event.type) {
    case 'upsert': {
      const { namespace, name } = objectIdentity(event.kind, event.object);
      return name === undefined ? Symbol('no name') : `object ${event.kind} ${namespace}/${name}`;
    }
    case 'delete':
      return `object ${event.kind} ${event.namespace}/${event.name}`;
    case 'problem':
      return event.key === undefined ? Symbol('problem') : `problem ${event.key}`;
    case 'resolved':
      return `problem ${event.key}`;
    default:
      return Symbol(event.type);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
