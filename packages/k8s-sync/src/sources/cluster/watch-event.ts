import { ApiServerError } from '../../errors.ts';
import type { KubernetesKind } from '../source-event.ts';

/** A line of a watch, or an item of a list, as far as a watcher has to understand it. */
export type WatchEvent =
  | {
      readonly type: 'upsert' | 'delete';
      /** "ADDED", "MODIFIED", "DELETED" */
      readonly change: string;
      readonly object: object;
      readonly resourceVersion: string;
    }
  | {
      readonly type: 'bookmark';
      readonly resourceVersion: string;
      /** It marks the end of a list that came as a stream. */
      readonly endsList: boolean;
    }
  /** Of a type that is not known (yet). */
  | { readonly type: 'other' };

/**
 * Parses one line of a watch.
 *
 * @throws SyntaxError if it is no watch event; ApiServerError if it is an ERROR event (410: the resourceVersion is too old).
 */
export function parseWatchEvent(kind: KubernetesKind, line: string): WatchEvent {
  const { type, object } = JSON.parse(line) as { type?: unknown; object?: unknown };
  if (typeof type !== 'string' || typeof object !== 'object' || object === null) {
    throw new SyntaxError(`${JSON.stringify(line.slice(0, 80))} is no watch event`);
  }
  if (type === 'ERROR') {
    const { code, reason, message } = object as { code?: unknown; reason?: unknown; message?: unknown };
    throw new ApiServerError(kind, `the watch ended with: ${String(message ?? reason ?? code)}`, {
      status: typeof code === 'number' ? code : undefined,
      reason: typeof reason === 'string' ? reason : undefined,
    });
  }
  const resourceVersion = resourceVersionOf(object);
  if (type === 'BOOKMARK') return { type: 'bookmark', resourceVersion, endsList: endsList(object) };
  if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED') return { type: 'other' };
  return { type: type === 'DELETED' ? 'delete' : 'upsert', change: type, object, resourceVersion };
}

const initialEventsEnd = 'k8s.io/initial-events-end';

function endsList(object: object): boolean {
  const { metadata } = object as { metadata?: { annotations?: Record<string, unknown> | null } | null };
  return metadata?.annotations?.[initialEventsEnd] === 'true';
}

/** "" if the object has none. Only ever compared for equality. */
export function resourceVersionOf(object: object): string {
  const { metadata } = object as { metadata?: { resourceVersion?: unknown } | null };
  const version = metadata?.resourceVersion;
  return typeof version === 'string' ? version : '';
}

/** Whether the API server says that a resourceVersion or a continue token is too old: by status, or by event. */
export function isExpired(error: unknown): boolean {
  const { code, status, reason } = error as Partial<ApiServerError>;
  return code === 'LBX_API_SERVER' && (status === 410 || reason === 'Expired' || reason === 'Gone');
}

/** Whether the server has not reached a version yet that it, or another of its kind, has told before. */
export function isTooNew(error: unknown): boolean {
  const { code, status, message } = error as Partial<ApiServerError>;
  return code === 'LBX_API_SERVER' && status === 504 && /too large resource version/i.test(message ?? '');
}

/** Whether the server does not know a field of the fieldSelector. */
export function isUnknownField(error: unknown): boolean {
  const { code, status, message } = error as Partial<ApiServerError>;
  return code === 'LBX_API_SERVER' && status === 400 && /field label not supported/i.test(message ?? '');
}
