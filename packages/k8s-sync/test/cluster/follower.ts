import type { ApiServer } from '@lbx/testing';
import {
  type ClusterSource,
  type ClusterSourceOptions,
  clusterSource,
  createTranslator,
  type Translator,
} from '../../src/index.ts';
import { line } from '../translating.ts';

/** A cluster source whose events are kept: what it has told is compared with what the server has. */
export interface Follower extends AsyncDisposable {
  readonly source: ClusterSource;
  readonly translator: Translator;
  /** "Service default/web" → its resourceVersion, as told. */
  readonly objects: ReadonlyMap<string, string>;
  readonly problems: readonly string[];
  /** Fewest Services at any time after the source had synced. */
  readonly fewestServices: number;
  readonly synced: boolean;
  /** What the translator makes of it. */
  lines(): string[];
}

/** Starts to follow an API server. The source is closed by `await using`. */
export async function follow(options: ClusterSourceOptions): Promise<Follower> {
  const source = clusterSource({
    nodeName: 'node-a',
    backoff: { baseMs: 50, maxMs: 500, resetMs: 120_000 },
    ...options,
  } as ClusterSourceOptions);
  const translator = createTranslator({ nodeName: 'node-a' });
  const objects = new Map<string, string>();
  const problems: string[] = [];
  let synced = false;
  let fewest = Number.POSITIVE_INFINITY;
  await source.start((event) => {
    translator.apply(event);
    if (event.type === 'upsert') {
      const { namespace, name, resourceVersion } = (event.object as { metadata: Record<string, string> })
        .metadata;
      objects.set(`${event.kind} ${namespace ?? ''}/${name}`, resourceVersion as string);
    } else if (event.type === 'delete') objects.delete(`${event.kind} ${event.namespace}/${event.name}`);
    else if (event.type === 'problem') problems.push(event.error.message);
    else if (event.type === 'synced') synced = true;
    if (!synced) return;
    fewest = Math.min(fewest, [...objects.keys()].filter((key) => key.startsWith('Service ')).length);
  });
  return {
    source,
    translator,
    objects,
    problems,
    get fewestServices() {
      return fewest;
    },
    get synced() {
      return synced;
    },
    lines: () => translator.translate().frontends.map(line),
    [Symbol.asyncDispose]: () => source.close(),
  };
}

/** Everything that the server has of what a source follows, as {@link Follower.objects} has it, sorted. */
export async function truth(server: ApiServer): Promise<string[]> {
  const lists = [
    ['Service', '/api/v1/services'],
    ['EndpointSlice', '/apis/discovery.k8s.io/v1/endpointslices'],
    ['Node', '/api/v1/nodes?fieldSelector=metadata.name%3Dnode-a'],
  ] as const;
  const all: string[] = [];
  for (const [kind, path] of lists) {
    const { items } = (await server.request('GET', path)) as {
      items: { metadata: Record<string, string> }[];
    };
    for (const { metadata } of items)
      all.push(`${kind} ${metadata.namespace ?? ''}/${metadata.name} ${metadata.resourceVersion}`);
  }
  return all.sort();
}

/** What the follower was told, in the form of {@link truth}. */
export const told = ({ objects }: Follower): string[] =>
  [...objects].map(([key, version]) => `${key} ${version}`).sort();
