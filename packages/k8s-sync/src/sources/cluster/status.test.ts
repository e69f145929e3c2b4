import { expect, it } from 'vitest';
import { slice } from '../../../test/objects.ts';
import { namedService, watchedCluster } from '../../../test/watched-cluster.ts';

it('says which kind has not synced, why, and since when the others have', async () => {
  await using cluster = await watchedCluster({ nodeName: 'node-a' });
  const { api, log, part, source } = cluster;
  api.put(namedService('one'), namedService('two'), slice([]));
  const fault = api.fault({ kind: 'EndpointSlice', status: 403, message: 'no list for you', times: 1e9 });
  expect(source.status()).toMatchObject({ synced: false, waitingFor: [source.name], parts: [] });
  const begin = Date.now();
  await cluster.start('at once');
  await expect
    .poll(() => part('Service').synced && part('Node').synced && part('EndpointSlice').failures > 0)
    .toBe(true);
  expect(source.status()).toMatchObject({
    name: source.name,
    synced: false,
    syncedAt: undefined,
    waitingFor: [`${api.url}: EndpointSlice`],
    objects: 2,
    lastError: { status: 403, message: expect.stringContaining('no list for you') },
  });
  expect(part('Service').syncedAt).toBeGreaterThanOrEqual(begin);
  expect(log.texts).not.toContain('synced');
  fault.stop();
  await log.next('synced');
  expect(source.status()).toMatchObject({ synced: true, waitingFor: [], objects: 3, lastError: undefined });
  expect(source.status().syncedAt).toBeGreaterThanOrEqual(part('Service').syncedAt!);
});

it('shows lag: last event, last bookmark, relists, reconnects, failures', async () => {
  await using cluster = await watchedCluster();
  const { api, log, part, source } = cluster;
  await cluster.start();
  expect(part('Service')).toMatchObject({ lastEventAt: undefined, relists: 0, reconnects: 0, failures: 0 });
  const begin = Date.now();
  api.put(namedService('one'));
  await log.next('upsert Service default/one');
  expect(part('Service').lastEventAt).toBeGreaterThanOrEqual(begin);
  expect(source.status().lastEventAt).toBe(part('Service').lastEventAt);
  api.bookmark();
  await expect.poll(() => part('Service').lastBookmarkAt).toBeGreaterThanOrEqual(begin);
  (await api.watch('Service')).end();
  await expect.poll(() => part('Service').reconnects).toBe(1);
  const watch = await api.watch('Service');
  watch.fail(410, 'Expired', 'too old');
  await expect.poll(() => part('Service')).toMatchObject({ relists: 1, failures: 1, connected: true });
  // Plain data: it goes into a log line as it is.
  expect(JSON.parse(JSON.stringify(source.status()))).toMatchObject({ synced: true, objects: 1 });
});
