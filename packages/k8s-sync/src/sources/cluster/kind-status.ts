import type { KubernetesKind } from '../source-event.ts';
import type { SourceStatus } from '../source-status.ts';

/** How one kind of object of an API server is followed. */
export interface KindStatus extends SourceStatus {
  readonly kind: KubernetesKind;
  /** A watch is open. */
  readonly connected: boolean;
  /** How the last list came: as a stream of events, or in pages; undefined before there is one. */
  readonly listedAs: 'stream' | 'pages' | undefined;
  /** Where the watch would resume. */
  readonly resourceVersion: string | undefined;
  /** Milliseconds since 1970. */
  readonly lastBookmarkAt: number | undefined;
  /** Lists after the first one. */
  readonly relists: number;
  /** Watches after the first one. */
  readonly reconnects: number;
  readonly failures: number;
}
