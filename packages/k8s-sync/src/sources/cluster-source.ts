import { SourceStateError } from '../errors.ts';
import { headlessLabel } from '../objects/endpoint-slice-object.ts';
import { proxyNameLabel } from '../objects/service-object.ts';
import { type BackoffOptions, defaultBackoff } from './backoff.ts';
import { type ClusterAccess, type ClusterConnection, openClusterConnection } from './cluster-connection.ts';
import { guardedListener } from './guarded-listener.ts';
import { ListWatch, type ListWatchStatus } from './list-watch.ts';
import type { ObjectKind, ObjectSource } from './source-event.ts';

export type ClusterSourceOptions = ClusterAccess & {
  /** Name of the own Node; without it no Node is followed. */
  readonly nodeName?: string;
  /** A watch that is silent for so long is taken for dead and opened anew; bookmarks come about every 60 s. */
  readonly idleTimeoutSeconds?: number;
  readonly backoff?: BackoffOptions;
  /** Least wait after 401 and 403. */
  readonly deniedRetrySeconds?: number;
  /** Objects a page of a list. */
  readonly pageSize?: number;
};

/** The objects of an API server. */
export interface ClusterSource extends ObjectSource {
  /** How each kind is followed: for status pages, metrics and tests. Empty before start(). */
  status(): readonly ListWatchStatus[];
}

interface Followed {
  readonly kind: ObjectKind;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

/**
 * Services, EndpointSlices and the own Node of an API server, by list and watch. It asks for what kube-proxy asks for:
 * no Services of other proxies, no slices of headless Services.
 *
 * start() resolves when the access data are read, before anything is known to work: an API server that is away is a
 * `problem` event and is tried for ever. It rejects with KubeconfigError (LBX_KUBECONFIG).
 */
export function clusterSource(options: ClusterSourceOptions): ClusterSource {
  const name = 'server' in options ? options.server : `the cluster of kubeconfig ${options.kubeconfig}`;
  const abort = new AbortController();
  let watches: readonly ListWatch[] = [];
  let running: readonly Promise<void>[] = [];
  let connection: ClusterConnection | undefined;
  let state: 'new' | 'open' | 'closed' = 'new';

  return {
    name,
    status: () => watches.map((watch) => watch.status()),
    async start(listener) {
      if (state !== 'new')
        throw new SourceStateError(`${name}: start() was called before, or the source is closed`);
      state = 'open';
      const opened = await openClusterConnection(options);
      if (abort.signal.aborted) {
        await opened.close();
        return;
      }
      connection = opened;
      const guarded = guardedListener(name, listener);
      const tell: typeof guarded = (event) => {
        if (!abort.signal.aborted) guarded(event);
      };
      const kinds = followedKinds(options.nodeName);
      let waiting = kinds.length;
      watches = kinds.map(
        (kind) =>
          new ListWatch({
            ...kind,
            connection: opened,
            tell,
            onSynced: () => {
              waiting -= 1;
              if (waiting === 0) tell({ type: 'synced' });
            },
            backoff: options.backoff ?? defaultBackoff,
            deniedMs: (options.deniedRetrySeconds ?? 10) * 1000,
            idleMs: (options.idleTimeoutSeconds ?? 100) * 1000,
            pageSize: options.pageSize ?? 500,
          }),
      );
      running = watches.map((watch) => watch.run(abort.signal));
    },
    async close() {
      state = 'closed';
      abort.abort();
      await Promise.all(running);
      await connection?.close();
    },
  };
}

function followedKinds(nodeName: string | undefined): Followed[] {
  const kinds: Followed[] = [
    { kind: 'Service', path: '/api/v1/services', query: { labelSelector: `!${proxyNameLabel}` } },
    {
      kind: 'EndpointSlice',
      path: '/apis/discovery.k8s.io/v1/endpointslices',
      query: { labelSelector: `!${headlessLabel}` },
    },
  ];
  if (nodeName !== undefined && nodeName !== '') {
    kinds.push({
      kind: 'Node',
      path: '/api/v1/nodes',
      query: { fieldSelector: `metadata.name=${nodeName}` },
    });
  }
  return kinds;
}
