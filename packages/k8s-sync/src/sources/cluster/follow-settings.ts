import { type BackoffOptions, defaultBackoff } from './backoff.ts';

/** How an API server is followed; all of it has defaults that fit. */
export interface FollowOptions {
  /** A watch that is silent for so long is opened anew; bookmarks come about every 60 s where there is anything new. 100 s. */
  readonly idleTimeoutSeconds?: number;
  /** For making a connection, TLS included. 15 s. */
  readonly connectTimeoutSeconds?: number;
  /** From a request to the beginning of its answer. 30 s. */
  readonly answerTimeoutSeconds?: number;
  /** Longest silence within a list. 15 s. */
  readonly listTimeoutSeconds?: number;
  readonly backoff?: BackoffOptions;
  /** Least wait after 401 and 403. 10 s. */
  readonly deniedRetrySeconds?: number;
  /** Ask for lists as streams of events where the server can; pages otherwise. True. */
  readonly streamingLists?: boolean;
  /** Objects a page of a list. 500. */
  readonly pageSize?: number;
  /** Largest object that is read; a larger one is an error, and what was told stays in force. 16 MiB (etcd takes 1.5). */
  readonly maxObjectBytes?: number;
  /** Most objects of one kind; more are an error. 500,000. */
  readonly maxObjects?: number;
}

/** The options with their defaults, in milliseconds. */
export interface FollowSettings {
  readonly idleMs: number;
  readonly connectMs: number;
  readonly answerMs: number;
  readonly listMs: number;
  readonly backoff: BackoffOptions;
  readonly deniedMs: number;
  readonly streamingLists: boolean;
  readonly pageSize: number;
  readonly maxObjectBytes: number;
  readonly maxObjects: number;
}

export function followSettings(options: FollowOptions): FollowSettings {
  return {
    idleMs: (options.idleTimeoutSeconds ?? 100) * 1000,
    connectMs: (options.connectTimeoutSeconds ?? 15) * 1000,
    answerMs: (options.answerTimeoutSeconds ?? 30) * 1000,
    listMs: (options.listTimeoutSeconds ?? 15) * 1000,
    backoff: options.backoff ?? defaultBackoff,
    deniedMs: (options.deniedRetrySeconds ?? 10) * 1000,
    streamingLists: options.streamingLists ?? true,
    pageSize: options.pageSize ?? 500,
    maxObjectBytes: options.maxObjectBytes ?? 16 * 2 ** 20,
    maxObjects: options.maxObjects ?? 500_000,
  };
}
