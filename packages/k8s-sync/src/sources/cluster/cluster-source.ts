import { KubeconfigError, SourceStateError } from '../../errors.ts';
import { FairTurns } from '../fair-turns.ts';
import { ListenerQueue } from '../listener-queue.ts';
import type { ObjectSource } from '../source-event.ts';
import { combineStatus, type SourceStatus } from '../source-status.ts';
import { assertClusterOptions } from './assert-cluster-options.ts';
import { type ClusterAccess, type ClusterConnection, openClusterConnection } from './cluster-connection.ts';
import { type FollowOptions, followSettings } from './follow-settings.ts';
import { followedKinds } from './followed-kind.ts';
import type { KindStatus } from './kind-status.ts';
import { ListWatch } from './list-watch.ts';
import { StreamedLists } from './streamed-lists.ts';

export type ClusterSourceOptions = ClusterAccess &
  FollowOptions & {
    /** Name of the own Node; without it no Node is followed. */
    readonly nodeName?: string;
    /** Follow the Pods of the own node too, for their host ports. Needs `nodeName`. */
    readonly pods?: boolean;
  };

/** The objects of an API server. */
export interface ClusterSource extends ObjectSource {
  status(): ClusterSourceStatus;
}

/** `parts` has every kind that is followed; it is empty before start(). */
export interface ClusterSourceStatus extends SourceStatus {
  readonly parts: readonly KindStatus[];
  /** Why lists do not come as streams, if the server was found unable. */
  readonly streamingRefused: string | undefined;
}

/**
 * Services, EndpointSlices and the own Node (with `pods` also its Pods) of an API server, by list and watch. It asks for
 * what kube-proxy asks for: no Services of other proxies, nothing headless.
 *
 * start() resolves when the access data are read, before anything is known to work: an API server that is away is a
 * `problem` event and is tried for ever. It rejects with KubeconfigError (LBX_KUBECONFIG).
 *
 * @throws BadOptionError (LBX_BAD_OPTION) for options that cannot be meant.
 */
export function clusterSource(options: ClusterSourceOptions): ClusterSource {
  assertClusterOptions(options);
  const name = 'server' in options ? options.server : `the cluster of kubeconfig ${options.kubeconfig}`;
  const { nodeName = '', pods = false } = options;
  if (pods && nodeName === '')
    throw new KubeconfigError(`${name}: \`pods\` needs \`nodeName\`: only the own node's Pods are followed`);
  const settings = followSettings(options);
  const streams = new StreamedLists(settings.streamingLists);
  const abort = new AbortController();
  let watches: readonly ListWatch[] = [];
  let running: readonly Promise<void>[] = [];
  let connection: ClusterConnection | undefined;
  let queue: ListenerQueue | undefined;
  let state: 'new' | 'open' | 'closed' = 'new';

  return {
    name,
    status() {
      const parts = watches.map((watch) => watch.status());
      const own = { syncedAt: queue?.syncedAt, pending: queue?.pending ?? 0 };
      return { ...combineStatus(name, parts, own), parts, streamingRefused: streams.refusal };
    },
    async start(listener) {
      if (state !== 'new')
        throw new SourceStateError(`${name}: start() was called before, or the source is closed`);
      state = 'open';
      const opened = await openClusterConnection(options, settings.connectMs);
      if (abort.signal.aborted) {
        await opened.close();
        return;
      }
      connection = opened;
      const events = new ListenerQueue(name, listener);
      queue = events;
      const turns = new FairTurns();
      const kinds = followedKinds(nodeName, pods);
      let waiting = kinds.length;
      watches = kinds.map(
        (followed) =>
          new ListWatch({
            name: `${opened.server}: ${followed.kind}`,
            followed,
            connection: opened,
            settings,
            streams,
            turns,
            push: (event) => events.push(event),
            onSynced: () => {
              waiting -= 1;
              if (waiting === 0) void events.push({ type: 'synced' });
            },
          }),
      );
      running = watches.map((watch) => watch.run(abort.signal));
    },
    async close() {
      state = 'closed';
      abort.abort();
      queue?.close();
      await Promise.all(running);
      await connection?.close();
    },
  };
}
