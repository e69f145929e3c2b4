import type { SourceStatus } from './source-status.ts';

/** The kinds of Kubernetes that a service load balancer reads; Pods only for their host ports. */
export type KubernetesKind = 'Service' | 'EndpointSlice' | 'Node' | 'Pod';

/** Also services of lbx's own, as ServiceSpec of `@lbx/maps`: for whoever asked for them (see `manifestSource`). */
export type ObjectKind = KubernetesKind | 'LbxService';

/**
 * What a source tells its listener. Objects have the shape of the Kubernetes API (JSON); nothing is assumed about
 * their contents, the translator checks what it reads.
 */
export type SourceEvent =
  /** The object as it is now, whole. `origin` says where it was found ("web.yaml:12"), for messages. */
  | { readonly type: 'upsert'; readonly kind: ObjectKind; readonly object: object; readonly origin?: string }
  | { readonly type: 'delete'; readonly kind: ObjectKind; readonly namespace: string; readonly name: string }
  /** Everything that existed at the start has been told. Before this nothing may be pruned. Comes once. */
  | { readonly type: 'synced' }
  /** Something is wrong; `key` names what (a file, a kind), so that a later event about it replaces this one. */
  | { readonly type: 'problem'; readonly error: Error; readonly key?: string }
  /** The problem with this `key` is over. */
  | { readonly type: 'resolved'; readonly key: string };

/**
 * Receives events, one at a time and in order. It may return a promise: the source waits for it before it tells more, and
 * reads no further meanwhile. What it throws (or rejects with) the source reports as a problem, and goes on.
 */
export type SourceListener = (event: SourceEvent) => void | Promise<void>;

/** Where Kubernetes objects come from: an API server, a folder, a recording, or calls from code. */
export interface ObjectSource {
  /** For messages: "manifests /etc/lbx", "https://192.0.2.1:6443". */
  readonly name: string;
  /**
   * Begins to tell `listener`. Rejects only for what no retry can mend (a missing folder, a bad kubeconfig); later
   * trouble comes as `problem` events while the source goes on trying.
   */
  start(listener: SourceListener): Promise<void>;
  /** How it is doing; costs next to nothing, at any time. */
  status(): SourceStatus;
  /** Stops; no event comes after the promise has resolved. May be called twice. */
  close(): Promise<void>;
}
