import { setTimeout as delay } from 'node:timers/promises';
import { ApiServerError } from '../errors.ts';
import { objectIdentity } from '../objects/object-identity.ts';
import { apiRequest, reasonOf } from './api-request.ts';
import { Backoff, type BackoffOptions } from './backoff.ts';
import type { ClusterConnection } from './cluster-connection.ts';
import { ListParser } from './list-parser.ts';
import { projectObject } from './project-object.ts';
import type { ObjectKind, SourceListener } from './source-event.ts';
import { splitLines } from './split-lines.ts';
import { isExpired, parseWatchEvent, resourceVersionOf } from './watch-event.ts';

/** How one kind of object is followed. */
export interface ListWatchStatus {
  readonly kind: ObjectKind;
  /** The first list is complete. */
  readonly synced: boolean;
  /** A watch is open. */
  readonly connected: boolean;
  readonly objects: number;
  readonly resourceVersion: string | undefined;
  /** Milliseconds since 1970. */
  readonly lastEventAt: number | undefined;
  readonly lastBookmarkAt: number | undefined;
  /** Lists after the first one. */
  readonly relists: number;
  /** Watches after the first one. */
  readonly reconnects: number;
  readonly failures: number;
  readonly lastError: Error | undefined;
}

export interface ListWatchOptions {
  readonly kind: ObjectKind;
  readonly path: string;
  /** Selectors. */
  readonly query: Readonly<Record<string, string>>;
  readonly connection: ClusterConnection;
  readonly tell: SourceListener;
  readonly onSynced: () => void;
  readonly backoff: BackoffOptions;
  /** Least wait after 401 and 403, which a retry seldom mends. */
  readonly deniedMs: number;
  /** A watch that is silent for so long (bookmarks come every minute or so) is taken for dead. */
  readonly idleMs: number;
  readonly pageSize: number;
}

const headersTimeoutMs = 30_000;
/** A watch that ends sooner, without an event, has failed. */
const shortWatchMs = 1000;

/**
 * Follows one kind of object: lists, then watches from there, for ever. Resumes from the last resourceVersion (also a
 * bookmark's); lists anew only when the server has forgotten it (410), and then tells the difference, deletes included, so
 * that what was told stays true all the while. Whatever goes wrong is a `problem` event and tried again with backoff.
 */
export class ListWatch {
  readonly #options: ListWatchOptions;
  readonly #backoff: Backoff;
  readonly #problemKey: string;
  /** "namespace/name" → resourceVersion of what was told. */
  readonly #known = new Map<string, string>();
  #resourceVersion: string | undefined;
  #synced = false;
  #connected = false;
  #reported = false;
  #lists = 0;
  #watches = 0;
  #failures = 0;
  #badLines = 0;
  #watchBegin = 0;
  /** The server has said 410 once: what it lists has to be the newest from then on. */
  #expired = false;
  #paging = true;
  #lastEventAt: number | undefined;
  #lastBookmarkAt: number | undefined;
  #lastError: Error | undefined;

  constructor(options: ListWatchOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.backoff);
    this.#problemKey = `${options.connection.server} ${options.kind}`;
  }

  status(): ListWatchStatus {
    return {
      kind: this.#options.kind,
      synced: this.#synced,
      connected: this.#connected,
      objects: this.#known.size,
      resourceVersion: this.#resourceVersion,
      lastEventAt: this.#lastEventAt,
      lastBookmarkAt: this.#lastBookmarkAt,
      relists: Math.max(0, this.#lists - 1),
      reconnects: Math.max(0, this.#watches - 1),
      failures: this.#failures,
      lastError: this.#lastError,
    };
  }

  /** Resolves when `signal` is aborted, and never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.#resourceVersion ??= await this.#list(signal);
        await this.#watch(this.#resourceVersion, signal);
      } catch (error) {
        if (signal.aborted) return;
        const wait = this.#failed(error);
        await delay(wait, undefined, { signal }).catch(() => {});
      } finally {
        this.#connected = false;
      }
    }
  }

  /** Tells what differs from what was told. @returns the resourceVersion to watch from. */
  async #list(signal: AbortSignal): Promise<string> {
    const { kind, path, query, connection, pageSize, idleMs } = this.#options;
    const seen = new Map<string, string>();
    // The first list may be a little old (the server answers from its cache); later ones must not go back in time.
    const from = this.#synced || this.#expired ? {} : { resourceVersion: '0' };
    const page = { ...query, ...(this.#paging ? { limit: String(pageSize) } : {}) };
    this.#lists += 1;
    let parameters: Record<string, string> = { ...page, ...from };
    for (;;) {
      const parser = new ListParser((json) => this.#listed(JSON.parse(json) as object, seen));
      const body = await apiRequest(connection, {
        kind,
        path,
        query: parameters,
        headersTimeoutMs,
        bodyTimeoutMs: Math.min(idleMs, 30_000),
        signal,
      });
      for await (const chunk of body) parser.push(chunk as Uint8Array);
      const { resourceVersion, continueToken } = parser.end();
      if (continueToken === '') {
        this.#forgetAllBut(seen);
        this.#setSynced();
        return resourceVersion;
      }
      parameters = { ...page, continue: continueToken };
    }
  }

  #listed(object: object, seen: Map<string, string>): void {
    const { kind } = this.#options;
    const { namespace, name } = objectIdentity(kind, object);
    const version = resourceVersionOf(object);
    if (name === undefined) throw new SyntaxError('an item of the list has no name');
    seen.set(`${namespace}/${name}`, version);
    this.#upsert(`${namespace}/${name}`, version, object);
  }

  #forgetAllBut(seen: ReadonlyMap<string, string>): void {
    for (const key of this.#known.keys()) if (!seen.has(key)) this.#remove(key);
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { kind, path, connection, idleMs } = this.#options;
    const query = {
      ...this.#options.query,
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion,
      // Random, so that the watches of many nodes do not end together.
      timeoutSeconds: String(300 + Math.floor(Math.random() * 300)),
    };
    const body = await apiRequest(connection, {
      kind,
      path,
      query,
      headersTimeoutMs,
      bodyTimeoutMs: idleMs,
      signal,
    });
    this.#watchBegin = performance.now();
    this.#watches += 1;
    this.#connected = true;
    this.#resolved();
    let events = 0;
    for await (const line of splitLines(body as AsyncIterable<Uint8Array>)) {
      this.#watched(line);
      events += 1;
    }
    if (events === 0 && performance.now() - this.#watchBegin < shortWatchMs) {
      throw new ApiServerError(kind, `${connection.server} ended the watch at once`);
    }
  }

  #watched(line: string): void {
    const { kind } = this.#options;
    const event = parseWatchEvent(kind, line);
    this.#badLines = 0;
    if (event.type === 'other') return;
    if (event.type === 'bookmark') {
      this.#lastBookmarkAt = Date.now();
    } else {
      this.#lastEventAt = Date.now();
      const key = `${event.namespace}/${event.name}`;
      if (event.type === 'delete') this.#remove(key);
      else this.#upsert(key, event.resourceVersion, event.object);
    }
    if (event.resourceVersion !== '') this.#resourceVersion = event.resourceVersion;
  }

  #upsert(key: string, resourceVersion: string, object: object): void {
    const { kind, tell } = this.#options;
    if (resourceVersion !== '' && this.#known.get(key) === resourceVersion) return;
    this.#known.set(key, resourceVersion);
    tell({ type: 'upsert', kind, object: projectObject(kind, object) });
  }

  #remove(key: string): void {
    if (!this.#known.delete(key)) return;
    const slash = key.indexOf('/');
    this.#options.tell({
      type: 'delete',
      kind: this.#options.kind,
      namespace: key.slice(0, slash),
      name: key.slice(slash + 1),
    });
  }

  #setSynced(): void {
    if (this.#synced) return;
    this.#synced = true;
    this.#options.onSynced();
  }

  /** Takes note of a failure. @returns milliseconds to wait. */
  #failed(cause: unknown): number {
    const { kind, connection, deniedMs, tell } = this.#options;
    const error = isApiServerError(cause)
      ? cause
      : new ApiServerError(kind, `the answer of ${connection.server} broke off: ${reasonOf(cause)}`, {
          cause,
        });
    this.#failures += 1;
    this.#lastError = error;
    if (isExpired(error)) {
      // Within a list it is the token of a page: then all in one, which cannot expire.
      if (this.#resourceVersion === undefined) this.#paging = false;
      this.#resourceVersion = undefined;
      this.#expired = true;
      // A watch that worked until then: nothing is wrong, list anew at once.
      const worked = this.#connected && performance.now() - this.#watchBegin >= shortWatchMs;
      return worked ? 0 : this.#backoff.next();
    }
    // Some line that cannot be read comes again and again: a list may lead past it.
    if (cause instanceof SyntaxError && this.#resourceVersion !== undefined && ++this.#badLines >= 3) {
      this.#badLines = 0;
      this.#resourceVersion = undefined;
    }
    this.#reported = true;
    tell({ type: 'problem', error, key: this.#problemKey });
    const denied = error.status === 401 || error.status === 403;
    return Math.max(denied ? deniedMs : 0, this.#backoff.next(error.retryAfterSeconds));
  }

  #resolved(): void {
    if (!this.#reported) return;
    this.#reported = false;
    this.#options.tell({ type: 'resolved', key: this.#problemKey });
  }
}

function isApiServerError(cause: unknown): cause is ApiServerError {
  return (cause as Partial<ApiServerError>).code === 'LBX_API_SERVER';
}
