import { createFakeApiServer, type FakeApiServer, type FakeApiServerOptions } from '@lbx/testing';
import {
  type ClusterSource,
  type ClusterSourceOptions,
  clusterSource,
} from '../src/sources/cluster/cluster-source.ts';
import type { KindStatus } from '../src/sources/cluster/kind-status.ts';
import { EventLog } from './event-log.ts';
import { service } from './objects.ts';

/** A fake API server and a source that follows it, with backoff of milliseconds. */
export interface WatchedCluster extends AsyncDisposable {
  readonly api: FakeApiServer;
  readonly source: ClusterSource;
  readonly log: EventLog;
  /** Starts the source, and waits until it is synced unless told otherwise. */
  start(wait?: 'synced' | 'at once'): Promise<void>;
  part(kind: string): KindStatus;
}

export async function watchedCluster(
  options: Partial<ClusterSourceOptions> = {},
  server: FakeApiServerOptions = {},
): Promise<WatchedCluster> {
  const api = await createFakeApiServer(server);
  const log = new EventLog();
  const source = clusterSource({
    server: api.url,
    ...(api.ca === undefined ? {} : { ca: api.ca }),
    backoff: { baseMs: 5, maxMs: 20, resetMs: 1000 },
    deniedRetrySeconds: 0.05,
    ...options,
  } as ClusterSourceOptions);
  return {
    api,
    source,
    log,
    async start(wait = 'synced') {
      await source.start(log.listener);
      if (wait === 'synced') await log.next('synced');
    },
    part: (kind) => source.status().parts.find((part) => part.kind === kind)!,
    async [Symbol.asyncDispose]() {
      await source.close();
      await api.close();
    },
  };
}

/** A Service with something in it that nobody reads. */
export function namedService(name: string, spec: object = {}): object {
  return service({ ...spec }, { name, managedFields: [{ manager: 'much' }] });
}
