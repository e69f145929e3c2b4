import type { FakeTarget } from './fake-resource.ts';

/** One request that a fake API server got. */
export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  /** What it asks for; `other` for a path that names no kind that the server knows. */
  readonly verb: 'list' | 'watch' | 'get' | 'other';
  /** "" with verb `other`. */
  readonly kind: string;
  /** `performance.now()` when it came. */
  readonly at: number;
  /** The client's port: requests over one connection have the same. */
  readonly clientPort: number;
}

/** "list", "watch" or "get". */
export function verbOf(target: FakeTarget | undefined, query: URLSearchParams): FakeRequest['verb'] {
  if (target === undefined) return 'other';
  const watch = query.get('watch');
  if (watch !== null && watch !== '0' && watch !== 'false') return 'watch';
  return target.name === undefined ? 'list' : 'get';
}
