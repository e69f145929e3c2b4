import type { FairTurns } from '../fair-turns.ts';
import { apiRequest } from './api-request.ts';
import type { ClusterConnection } from './cluster-connection.ts';
import type { FollowSettings } from './follow-settings.ts';
import type { FollowedKind } from './followed-kind.ts';
import type { Listing } from './followed-objects.ts';
import { limitSilence } from './limit-silence.ts';
import { ListParser } from './list-parser.ts';

/** What a paged list is of. */
export interface PagedList {
  readonly connection: ClusterConnection;
  readonly followed: FollowedKind;
  readonly settings: FollowSettings;
  readonly turns: FairTurns;
  /** Selectors, and the resourceVersion to list from. */
  readonly query: Readonly<Record<string, string>>;
  /** Without, all is one page. */
  readonly paging: boolean;
  readonly signal: AbortSignal;
}

/**
 * Lists in pages; each object is handed on as soon as it has come in, and the next part is read when that is done.
 *
 * @returns the resourceVersion of the list, once it is complete.
 * @throws what apiRequest() throws; SyntaxError, RangeError if an answer is no list or too large.
 */
export async function pagedList(options: PagedList, listing: Listing): Promise<string> {
  const { connection, followed, settings, turns, paging, signal } = options;
  const { resourceVersion: from, ...selectors } = options.query;
  const page = paging ? { limit: String(settings.pageSize) } : {};
  const tokens = new Set<string>();
  let query: Record<string, string> = {
    ...selectors,
    ...page,
    ...(from === undefined ? {} : { resourceVersion: from }),
  };
  for (;;) {
    let busy: Promise<void> | undefined;
    const parser = new ListParser((json) => {
      busy = listing.upsert(JSON.parse(json) as object) ?? busy;
    }, settings.maxObjectBytes);
    const { kind, path } = followed;
    const body = await apiRequest(connection, { kind, path, query, answerMs: settings.answerMs, signal });
    for await (const chunk of limitSilence(body, () => settings.listMs)) {
      parser.push(chunk);
      // A slow listener: the rest waits in the socket.
      if (busy !== undefined) await busy;
      busy = undefined;
      await turns.rest();
    }
    const { resourceVersion, continueToken } = parser.end();
    if (continueToken === '') return resourceVersion;
    if (tokens.has(continueToken) || tokens.size > settings.maxObjects) {
      throw new SyntaxError('the pages of the list have no end');
    }
    tokens.add(continueToken);
    query = { ...selectors, ...page, continue: continueToken };
  }
}
