import type { FakeObject } from './fake-object.ts';
import type { FakeResource } from './fake-resource.ts';
import type { ObjectStore } from './object-store.ts';
import type { Selector } from './selector.ts';

/** A list, or why there is none. */
export type ListAnswer =
  | { readonly list: object }
  | { readonly code: number; readonly message: string; readonly reason?: string };

const tooOld =
  'The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.';

/**
 * Answers a list: all in one with resourceVersion "0" (from the server's cache), else in pages of one moment if the
 * client asks for them; a page of a moment that was compacted away is 410, a version that is yet to come is 504.
 */
export function answerList(
  store: ObjectStore,
  resource: FakeResource,
  query: URLSearchParams,
  isWanted: Selector,
): ListAnswer {
  const from = query.get('resourceVersion') ?? '';
  if (query.has('sendInitialEvents')) {
    return { code: 422, message: 'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list' };
  }
  if (Number(from) > store.version) {
    return { code: 504, message: `Too large resource version: ${from}, current: ${store.version}` };
  }
  const token = readToken(query.get('continue'));
  const snapshot = store.snapshot(resource.kind, token?.version);
  if (snapshot === undefined) return { code: 410, message: tooOld };
  const objects = snapshot.objects.filter(isWanted);
  const limit = from === '0' ? 0 : Number(query.get('limit') ?? 0);
  const start = token?.start ?? 0;
  const end = limit > 0 ? Math.min(objects.length, start + limit) : objects.length;
  const more =
    end < objects.length
      ? { continue: writeToken(snapshot.version, end), remainingItemCount: objects.length - end }
      : {};
  return {
    list: {
      kind: `${resource.kind}List`,
      apiVersion: resource.apiVersion,
      metadata: { resourceVersion: String(snapshot.version), ...more },
      items: objects.slice(start, end).map(withoutType),
    },
  };
}

/** Items of a real list have neither kind nor apiVersion. */
function withoutType({ kind: _kind, apiVersion: _apiVersion, ...rest }: FakeObject): object {
  return rest;
}

function writeToken(version: number, start: number): string {
  return Buffer.from(JSON.stringify({ version, start })).toString('base64url');
}

function readToken(token: string | null): { version: number; start: number } | undefined {
  if (token === null || token === '') return undefined;
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString()) as { version: number; start: number };
  } catch {
    return { version: -1, start: 0 };
  }
}
