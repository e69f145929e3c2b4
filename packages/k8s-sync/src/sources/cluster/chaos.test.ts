import { createRandom, type FakeApiServer, type FakeFault, type Random } from '@lbx/testing';
import { expect, it } from 'vitest';
import { namedService, type WatchedCluster, watchedCluster } from '../../../test/watched-cluster.ts';

/** Histories of one run; others by LBX_SEED. */
const seeds = Array.from({ length: 12 }, (_, i) => Number(process.env.LBX_SEED ?? 1) * 1000 + i);
const kind = 'Service';
const refused = { kind, status: 503 } as const;
const faults: readonly FakeFault[] = [
  refused,
  { kind, status: 410, reason: 'Expired' },
  { kind, status: 429, headers: { 'retry-after': '0' } },
  { kind, status: 500 },
  { kind, status: 422 },
  { kind, reset: true },
  { kind, cutAfterBytes: 0 },
  { kind, cutAfterBytes: 333 },
  { kind, silentAfterBytes: 500 },
  { kind, slow: { bytes: 200, everyMs: 1 } },
  { kind, body: '{"type":"ERROR","object":{"code":410,"reason":"Expired"}}\n' },
  { kind, body: '{"type":"ERROR","object":{"code":500}}\n' },
  { kind, body: '{"type":"ADDED","object":{"metadata":{"na' },
  { kind, body: '<html>502 Bad Gateway</html>\n' },
];

/** Something that happens to the cluster, the server or the way to it. */
async function happen(random: Random, api: FakeApiServer, deletions: Map<string, number>): Promise<void> {
  const name = `s${random.below(8)}`;
  const watch = api.watches.find((open) => open.kind === kind);
  switch (random.below(16)) {
    case 0:
      return api.compact();
    case 1:
      return watch?.cut();
    case 2:
      return watch?.end();
    case 3:
      return watch?.freeze();
    case 4:
      return watch?.fail(410, 'Expired', 'too old');
    case 5:
      return watch?.write('{"type":');
    case 6:
      return api.bookmark();
    case 7:
      return void api.fault({ ...random.pick(faults), times: 1 + random.below(4) });
    case 8:
      api.streamingLists = random.pick([
        'served',
        'served',
        'served',
        'invalid',
        'no-progress',
        'ignored',
      ] as const);
      api.goneAs = random.pick(['status', 'event'] as const);
      return;
    case 9:
      await api.stop();
      return api.restart();
    case 10:
    case 11:
      if (api.delete(kind, 'default', name)) deletions.set(name, (deletions.get(name) ?? 0) + 1);
      return;
    case 12:
      return await new Promise((resolve) => setTimeout(resolve, random.below(20)));
    default:
      api.put(namedService(name, { externalName: String(random.below(1000)) }));
  }
}

/** name → what was last told of it. */
function toldBy({ log }: WatchedCluster): Map<string, unknown> {
  const told = new Map<string, unknown>();
  for (const event of log.events) {
    if (event.type === 'delete' && event.kind === kind) told.delete(event.name);
    if (event.type !== 'upsert' || event.kind !== kind) continue;
    const { metadata, spec } = event.object as { metadata: { name: string }; spec: object };
    told.set(metadata.name, spec);
  }
  return told;
}

it.each(seeds)(
  'whatever fails in whatever order, what is told ends as what there is (seed %i)',
  async (seed) => {
    const random = createRandom(seed);
    await using cluster = await watchedCluster(
      {
        backoff: { baseMs: 2, maxMs: 10, resetMs: 1000 },
        idleTimeoutSeconds: 0.2,
        listTimeoutSeconds: 0.1,
        deniedRetrySeconds: 0,
        pageSize: 3,
      },
      { bookmarkMs: 50 },
    );
    const { api, log, source } = cluster;
    const deletions = new Map<string, number>();
    for (let i = 0; i < 5; i++) api.put(namedService(`s${i}`));
    await source.start(log.listener);
    for (let i = 0; i < 150; i++) {
      await happen(random, api, deletions);
      if (random.below(3) === 0) await new Promise(setImmediate);
    }
    api.streamingLists = 'served';
    const stored = () => api.list(kind).map(({ metadata, spec }) => [metadata.name, spec]);
    await expect.poll(() => [...toldBy(cluster)].sort()).toEqual(stored().sort());
    await expect
      .poll(() => source.status())
      .toMatchObject({ synced: true, lastError: undefined, objects: stored().length });
    // What was told as gone had been gone; synced came once, after all that existed.
    for (const name of Array.from({ length: 8 }, (_, i) => `s${i}`)) {
      const told = log.texts.filter((text) => text === `delete Service default/${name}`).length;
      expect(told, `deletions of ${name}`).toBeLessThanOrEqual(deletions.get(name) ?? 0);
    }
    expect(log.texts.filter((text) => text === 'synced')).toHaveLength(1);
  },
);
