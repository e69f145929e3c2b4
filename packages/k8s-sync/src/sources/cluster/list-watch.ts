import { setTimeout as delay } from 'node:timers/promises';
import { ApiServerError } from '../../errors.ts';
import type { FairTurns } from '../fair-turns.ts';
import type { SourceEvent } from '../source-event.ts';
import { splitLines } from '../split-lines.ts';
import { apiRequest, reasonOf } from './api-request.ts';
import { Backoff } from './backoff.ts';
import type { ClusterConnection } from './cluster-connection.ts';
import type { FollowSettings } from './follow-settings.ts';
import { type FollowedKind, selectorQuery } from './followed-kind.ts';
import { FollowedObjects, type Listing } from './followed-objects.ts';
import { isStuck } from './is-stuck.ts';
import { isUntrusted } from './is-untrusted.ts';
import type { KindStatus } from './kind-status.ts';
import { limitSilence, SilenceError } from './limit-silence.ts';
import { pagedList } from './paged-list.ts';
import { RecentVersions } from './recent-versions.ts';
import { streamRefusal, streamSilenceMs, UnmarkedStream } from './stream-refusal.ts';
import type { StreamedLists } from './streamed-lists.ts';
import { isExpired, isTooNew, isUnknownField, parseWatchEvent, type WatchEvent } from './watch-event.ts';

export interface ListWatchOptions {
  /** For status and messages: "https://192.0.2.1:6443: Service". */
  readonly name: string;
  readonly followed: FollowedKind;
  readonly connection: ClusterConnection;
  readonly settings: FollowSettings;
  readonly streams: StreamedLists;
  /** Shared by all kinds. */
  readonly turns: FairTurns;
  /** Tells the listener; what it returns is waited for before more is read. */
  readonly push: (event: SourceEvent) => Promise<void> | undefined;
  readonly onSynced: () => void;
}

/** Watches that brought nothing, one after the other, before it is listed anew. */
const maxStuck = 3;
/** A watch that ends sooner was hardly one: the next is not opened at once. */
const shortWatchMs = 1000;

/**
 * Follows one kind of object: lists, then watches from there, for ever. Lists come as streams where the server can, else
 * in pages. It resumes from the last resourceVersion (also a bookmark's); lists anew only when the server has forgotten it
 * (410), and then tells the difference, deletes included, so that what was told stays true all the while. Whatever goes
 * wrong is a `problem` event and tried again with backoff.
 */
export class ListWatch {
  readonly #options: ListWatchOptions;
  readonly #backoff: Backoff;
  readonly #objects: FollowedObjects;
  readonly #recent = new RecentVersions();
  /** What is done now; failures mean different things in each. */
  #phase: 'pages' | 'stream' | 'watch' = 'pages';
  #resourceVersion: string | undefined;
  #syncedAt: number | undefined;
  #connected = false;
  #listedAs: KindStatus['listedAs'];
  #reported: Error | undefined;
  #lists = 0;
  #watches = 0;
  #failures = 0;
  /** Watches from the same version that brought nothing. */
  #stuck = 0;
  #watchBegin = 0;
  /** The server has said 410 once: what it lists has to be the newest from then on. */
  #expired = false;
  /** False after a page that expired: all in one cannot. */
  #paging = true;
  /** False once the server did not know the wished field selector. */
  #wished = true;
  #lastEventAt: number | undefined;
  #lastBookmarkAt: number | undefined;

  constructor(options: ListWatchOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.settings.backoff);
    this.#objects = new FollowedObjects(options.followed.kind, options.push, options.settings.maxObjects);
  }

  status(): KindStatus {
    const { name, followed } = this.#options;
    return {
      name,
      kind: followed.kind,
      synced: this.#syncedAt !== undefined,
      syncedAt: this.#syncedAt,
      waitingFor: this.#syncedAt === undefined ? [name] : [],
      connected: this.#connected,
      listedAs: this.#listedAs,
      objects: this.#objects.size,
      pending: 0,
      resourceVersion: this.#resourceVersion,
      lastEventAt: this.#lastEventAt,
      lastBookmarkAt: this.#lastBookmarkAt,
      relists: Math.max(0, this.#lists - 1),
      reconnects: Math.max(0, this.#watches - 1),
      failures: this.#failures,
      lastError: this.#reported,
      parts: [],
    };
  }

  /** Resolves when `signal` is aborted, and never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let wait: number;
      try {
        if (this.#resourceVersion === undefined && !this.#options.streams.usable)
          await this.#listPages(signal);
        wait = await this.#watch(signal);
      } catch (error) {
        if (signal.aborted) return;
        wait = this.#failed(error);
      }
      this.#connected = false;
      if (wait > 0) await delay(wait, undefined, { signal }).catch(() => {});
    }
  }

  async #listPages(signal: AbortSignal): Promise<void> {
    const { connection, followed, settings, turns } = this.#options;
    this.#phase = 'pages';
    // The first list may be a little old (the server answers from its cache); later ones must not go back in time.
    const from = this.#syncedAt !== undefined || this.#expired ? {} : { resourceVersion: '0' };
    const query = { ...selectorQuery(followed, this.#wished), ...from };
    const listing = this.#objects.beginListing();
    const version = await pagedList(
      { connection, followed, settings, turns, query, paging: this.#paging, signal },
      listing,
    );
    this.#paging = true;
    await this.#listed(listing, version, 'pages');
  }

  async #listed(listing: Listing, version: string, how: 'stream' | 'pages'): Promise<void> {
    const busy = listing.complete();
    this.#recent.clear();
    this.#lists += 1;
    this.#resourceVersion = version;
    this.#listedAs = how;
    this.#backoff.alive();
    if (this.#syncedAt === undefined) {
      this.#syncedAt = Date.now();
      this.#options.onSynced();
    }
    await busy;
  }

  /** One watch, from its beginning to its end. @returns milliseconds to wait before the next. */
  async #watch(signal: AbortSignal): Promise<number> {
    const { connection, followed, settings, turns } = this.#options;
    const { kind, path } = followed;
    const from = this.#resourceVersion;
    this.#phase = from === undefined ? 'stream' : 'watch';
    const listing = this.#objects.beginListing();
    const query = {
      ...selectorQuery(followed, this.#wished),
      watch: 'true',
      allowWatchBookmarks: 'true',
      // Random, so that the watches of many nodes do not end together.
      timeoutSeconds: String(300 + Math.floor(Math.random() * 300)),
      ...(from === undefined
        ? { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' }
        : { resourceVersion: from }),
    };
    const body = await apiRequest(connection, { kind, path, query, answerMs: settings.answerMs, signal });
    this.#watchBegin = performance.now();
    this.#connected = true;
    this.#backoff.alive();
    if (this.#phase === 'watch') this.#watching();
    const silence = () =>
      this.#phase === 'stream' ? Math.min(streamSilenceMs, settings.listMs) : settings.idleMs;
    let lines = 0;
    for await (const line of splitLines(limitSilence(body, silence), settings.maxObjectBytes)) {
      const event = parseWatchEvent(kind, line);
      lines += 1;
      this.#stuck = 0;
      this.#backoff.alive();
      const busy = this.#phase === 'stream' ? this.#streamed(event, listing) : this.#watched(event);
      if (busy !== undefined) await busy;
      const rest = turns.rest();
      if (rest !== undefined) await rest;
    }
    if (this.#phase === 'stream') {
      throw new ApiServerError(kind, `${connection.server} ended the stream before the list was complete`);
    }
    if (performance.now() - this.#watchBegin >= shortWatchMs) {
      this.#backoff.alive();
      return 0;
    }
    if (lines === 0) throw new ApiServerError(kind, `${connection.server} ended the watch at once`);
    return this.#backoff.next();
  }

  /** An event of a list that comes as a stream. */
  #streamed(event: WatchEvent, listing: Listing): Promise<void> | undefined {
    if (event.type === 'other') return undefined;
    if (event.type === 'bookmark') {
      if (!event.endsList) throw new UnmarkedStream('a bookmark came before the list was marked complete');
      if (event.resourceVersion === '') throw new SyntaxError('the end of the list has no resourceVersion');
      this.#phase = 'watch';
      this.#lastBookmarkAt = Date.now();
      this.#watching();
      this.#options.streams.worked();
      return this.#listed(listing, event.resourceVersion, 'stream');
    }
    if (event.change !== 'ADDED' && performance.now() - this.#watchBegin > 3 * streamSilenceMs) {
      throw new UnmarkedStream('changes came, but no mark that the list is complete');
    }
    this.#lastEventAt = Date.now();
    return event.type === 'delete' ? listing.delete(event.object) : listing.upsert(event.object);
  }

  #watched(event: WatchEvent): Promise<void> | undefined {
    if (event.type === 'other') return undefined;
    const { resourceVersion } = event;
    if (event.type === 'bookmark') {
      this.#lastBookmarkAt = Date.now();
      // One that comes late would make the watch resume in the past.
      if (resourceVersion !== '' && this.#recent.isNews(resourceVersion)) {
        this.#recent.add(resourceVersion);
        this.#resourceVersion = resourceVersion;
      }
      return undefined;
    }
    this.#lastEventAt = Date.now();
    if (!this.#recent.isNews(resourceVersion)) return undefined;
    const busy =
      event.type === 'delete' ? this.#objects.delete(event.object) : this.#objects.upsert(event.object);
    this.#recent.add(resourceVersion);
    if (resourceVersion !== '') this.#resourceVersion = resourceVersion;
    return busy;
  }

  /** Takes note of a failure. @returns milliseconds to wait. */
  #failed(cause: unknown): number {
    const { connection, followed, settings, streams } = this.#options;
    const error = isApiServerError(cause)
      ? cause
      : new ApiServerError(
          followed.kind,
          `the answer of ${connection.server} broke off: ${reasonOf(cause)}`,
          {
            cause,
          },
        );
    if (this.#wished && followed.wishedFieldSelector !== undefined && isUnknownField(error)) {
      this.#wished = false;
      return 0;
    }
    if (this.#phase === 'stream') {
      const refusal = streamRefusal(cause, error, this.#connected);
      if (refusal !== undefined) {
        streams.refused(refusal);
        return 0;
      }
      // Without a status it is the way to the server, or something between, that fails.
      if (error.status === undefined && this.#connected) streams.brokeOff(error.message);
    }
    // A server whose version does not move has not even bookmarks to send, for ten minutes where etcd is as it comes. So it is
    // no failure: whether the server is there shows when the next watch is opened.
    const isQuiet = this.#phase === 'watch' && cause instanceof SilenceError;
    if (!isQuiet) this.#failures += 1;
    if (isExpired(error) || isTooNew(error)) {
      // A place that was forgotten, or a page, happens; a list that expires is not as it should be.
      if (this.#phase === 'stream' || (this.#phase === 'pages' && !this.#paging)) this.#report(error);
      // Within a list it is the token of a page: then all in one, which cannot expire.
      if (this.#phase === 'pages') this.#paging = false;
      this.#resourceVersion = undefined;
      this.#expired = true;
      // A watch that worked until then: nothing is wrong, list anew at once.
      const worked = this.#connected && performance.now() - this.#watchBegin >= shortWatchMs;
      return worked ? 0 : this.#backoff.next(error.retryAfterSeconds);
    }
    // What comes after this version never comes, however often it is asked for: a list may lead past it.
    if (this.#phase === 'watch' && isStuck(cause, error, this.#connected) && ++this.#stuck >= maxStuck) {
      this.#stuck = 0;
      this.#resourceVersion = undefined;
      this.#expired = true;
    }
    if (isQuiet) return 0;
    this.#report(error);
    const denied = error.status === 401 || error.status === 403;
    if (error.status === 401 || isUntrusted(error)) connection.refused();
    return Math.max(denied ? settings.deniedMs : 0, this.#backoff.next(error.retryAfterSeconds));
  }

  #report(error: ApiServerError): void {
    this.#reported = error;
    void this.#options.push({ type: 'problem', error, key: this.#options.name });
  }

  /** A watch is open, and nothing lacks. */
  #watching(): void {
    this.#watches += 1;
    if (this.#reported === undefined) return;
    this.#reported = undefined;
    void this.#options.push({ type: 'resolved', key: this.#options.name });
  }
}

function isApiServerError(cause: unknown): cause is ApiServerError {
  return (cause as Partial<ApiServerError>).code === 'LBX_API_SERVER';
}
