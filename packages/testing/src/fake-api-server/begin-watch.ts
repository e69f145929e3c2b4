import type { OpenWatch } from './fake-watch.ts';
import type { ObjectStore } from './object-store.ts';

/**
 * What the server makes of `sendInitialEvents` (a list as a stream):
 * `served`; `bad-request` (400) and `invalid` (422) by servers that do not know it or have it switched off; `no-progress`,
 * an ERROR event, by one whose etcd is too old; `ignored` by one that takes it for an ordinary watch.
 */
export type StreamingLists = 'served' | 'bad-request' | 'invalid' | 'no-progress' | 'ignored';

/** Why a watch cannot be; `event` if the server says so in the stream, after status 200. */
export interface WatchRefusal {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly event: boolean;
}

const endOfInitialEvents = { 'k8s.io/initial-events-end': 'true' };

/** Whether a watch is refused before it begins. */
export function refuseWatch(
  store: ObjectStore,
  query: URLSearchParams,
  streaming: StreamingLists,
  goneAs: 'status' | 'event',
): WatchRefusal | undefined {
  const version = query.get('resourceVersion') ?? '';
  if (query.has('sendInitialEvents') && streaming !== 'ignored') {
    if (streaming === 'bad-request') {
      return {
        code: 400,
        reason: 'BadRequest',
        message: 'unknown parameter: sendInitialEvents',
        event: false,
      };
    }
    const forbidden =
      streaming === 'invalid'
        ? 'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled'
        : query.get('resourceVersionMatch') === 'NotOlderThan'
          ? undefined
          : 'resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
    if (forbidden !== undefined) return { code: 422, reason: 'Invalid', message: forbidden, event: false };
    if (streaming === 'no-progress') {
      const message =
        'a watch stream was requested by the client but the required storage feature RequestWatchProgress is disabled';
      return { code: 500, reason: 'InternalError', message, event: true };
    }
  }
  if (version === '' || version === '0') return undefined;
  if (!/^\d+$/.test(version)) {
    return { code: 400, reason: 'BadRequest', message: `Invalid resource version: ${version}`, event: false };
  }
  if (Number(version) > store.version) {
    return {
      code: 504,
      reason: 'Timeout',
      message: `Too large resource version: ${version}, current: ${store.version}`,
      event: false,
    };
  }
  if (Number(version) >= store.compacted) return undefined;
  const message = `too old resource version: ${version} (${store.compacted})`;
  return { code: 410, reason: 'Expired', message, event: goneAs === 'event' };
}

/** Sends what a watch begins with: what there is, or what happened since the version that the client knows. */
export function beginWatch(
  watch: OpenWatch,
  store: ObjectStore,
  query: URLSearchParams,
  streaming: StreamingLists,
): void {
  const version = query.get('resourceVersion') ?? '';
  const isStreamedList = query.get('sendInitialEvents') === 'true' && streaming !== 'ignored';
  if (isStreamedList || version === '' || version === '0') {
    watch.addAll(store.list(watch.kind));
    if (isStreamedList) watch.bookmark(undefined, endOfInitialEvents);
    return;
  }
  for (const event of store.since(watch.kind, Number(version)) ?? []) watch.happened(event);
}
