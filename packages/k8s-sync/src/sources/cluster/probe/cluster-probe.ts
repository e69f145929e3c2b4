/** What a first request can fail at, in the order in which it comes to them. */
export type ProbeStep =
  /** The kubeconfig, or what else says where the server is. */
  | 'access'
  /** The way to the server: names, routes, ports. */
  | 'network'
  /** Its certificate, or ours. */
  | 'tls'
  /** Something answers, but not as an API server that works. */
  | 'answer'
  /** Who we are: no credentials to be had, or they are not accepted. */
  | 'credentials';

/** Why there is nothing to be had from an API server. */
export interface ProbeFailure {
  readonly step: ProbeStep;
  readonly message: string;
  /** HTTP status, if it answered. */
  readonly status?: number;
}

/** Something that following a cluster needs. */
export interface ClusterRight {
  readonly verb: 'list' | 'watch';
  /** "" for the core group. */
  readonly group: string;
  /** "endpointslices" */
  readonly resource: string;
  /** Needed for this object only; absent: for all. */
  readonly name?: string;
  /** What the server says; undefined: it would not say. */
  readonly allowed: boolean | undefined;
  /** Why not, in the server's words. */
  readonly reason?: string;
}

/** A Node, as far as it says where it is. */
export interface ProbedNode {
  readonly name: string;
  /** InternalIP and ExternalIP, in their order. */
  readonly addresses: readonly string[];
}

/** What an API server answers to somebody who wants to follow it. Asked once, changed nothing. */
export interface ClusterProbe {
  /** "https://192.0.2.10:6443"; absent when the access data cannot be read. */
  readonly server?: string;
  /** Absent: it can be reached, is trusted, and knows who asks. */
  readonly failure?: ProbeFailure;
  /** "v1.34.1" */
  readonly version?: string;
  /** As whom requests are made; absent when the server does not tell (before 1.28). */
  readonly user?: string;
  /**
   * How far its clock is ahead of ours, in milliseconds, at least: 0 where the two may be the same (it tells whole seconds,
   * and the answer was on its way for a while). Absent when it does not tell.
   */
  readonly aheadMs?: number;
  readonly rights: readonly ClusterRight[];
  /** The Node of the name that was asked for; `missing`: there is none. Absent: none was asked for, or no answer. */
  readonly node?: ProbedNode | 'missing';
  /** Where there is no such Node: those that there are (the first ones). */
  readonly otherNodes: readonly ProbedNode[];
}
