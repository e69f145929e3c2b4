import { expect, it } from 'vitest';
import { slice } from '../../../test/objects.ts';
import { namedService, watchedCluster } from '../../../test/watched-cluster.ts';

it('asks every watch for bookmarks and for an end of its own between five and ten minutes', async () => {
  await using cluster = await watchedCluster({ nodeName: 'node-a' });
  const { api } = cluster;
  await cluster.start();
  for (let i = 0; i < 6; i++) {
    const before = api.requestsFor('watch', 'Service').length;
    (await api.watch('Service')).cut();
    await api.until(() => api.requestsFor('watch', 'Service').length > before);
  }
  const watches = api.requests.filter((request) => request.verb === 'watch');
  const seconds = watches.map((request) => Number(request.query.get('timeoutSeconds')));
  expect(watches.map((request) => request.query.get('allowWatchBookmarks'))).toEqual(
    watches.map(() => 'true'),
  );
  expect(Math.min(...seconds)).toBeGreaterThanOrEqual(300);
  expect(Math.max(...seconds)).toBeLessThanOrEqual(600);
  // Nine equal ones out of 300 would be no accident.
  expect(new Set(seconds).size).toBeGreaterThan(1);
});

it('tells additions, changes and deletions, whatever way the bytes are cut', async () => {
  await using cluster = await watchedCluster();
  const { api, log } = cluster;
  await cluster.start();
  const watch = await api.watch('Service');
  const named = (name: string, resourceVersion: string) => ({
    metadata: { namespace: 'default', name, resourceVersion },
  });
  const text = [
    { type: 'ADDED', object: named('eins – ä', '901') },
    { type: 'MODIFIED', object: named('eins – ä', '902') },
    { type: 'DELETED', object: named('eins – ä', '903') },
    { type: 'SOMETHING', object: {} },
    { type: 'ADDED', object: named('last', '904') },
  ]
    .map((event) => `${JSON.stringify(event)}\n`)
    .join('\n');
  for (const [at, part] of [...text.matchAll(/.{1,7}/gs)].entries()) {
    watch.write(part[0]);
    if (at % 20 === 0) await new Promise(setImmediate);
  }
  await log.next('upsert Service default/last');
  expect(log.changes).toEqual([
    'upsert Service default/eins – ä',
    'upsert Service default/eins – ä',
    'delete Service default/eins – ä',
    'upsert Service default/last',
  ]);
});

it('goes on after the last event, or the last bookmark, without a list', async () => {
  await using cluster = await watchedCluster();
  const { api, log } = cluster;
  await cluster.start();
  const versionOfWatch = (at: number) =>
    api.requestsFor('watch', 'Service')[at]?.query.get('resourceVersion');
  const watch = await api.watch('Service');
  api.put(namedService('one'));
  const { resourceVersion } = api;
  await log.next('upsert Service default/one');
  watch.end();
  await api.until(() => api.requestsFor('watch', 'Service').length === 2);
  expect(versionOfWatch(1)).toBe(resourceVersion);
  // Much happens to other kinds; a bookmark says that nothing of it concerns this one.
  api.put(slice([]), slice([], { name: 'web-2' }));
  api.bookmark();
  await log.next('upsert EndpointSlice default/web-2');
  await expect.poll(() => cluster.part('Service').resourceVersion).toBe(api.resourceVersion);
  api.compact();
  api.put(namedService('two'));
  await log.next('upsert Service default/two');
  (await api.watch('Service')).cut();
  await api.until(() => api.requestsFor('watch', 'Service').length === 3);
  expect(versionOfWatch(2)).toBe(api.resourceVersion);
  await expect
    .poll(() => cluster.part('Service'))
    .toMatchObject({ connected: true, objects: 2, reconnects: 2, relists: 0 });
  expect(api.requestsFor('list', 'Service')).toEqual([]);
});

it('is not led back into the past by bookmarks that come twice, late or out of order', async () => {
  await using cluster = await watchedCluster();
  const { api, log, part } = cluster;
  await cluster.start();
  const watch = await api.watch('Service');
  api.put(namedService('one'));
  const early = api.resourceVersion;
  watch.bookmark();
  api.put(namedService('one', { type: 'NodePort' }));
  api.delete('Service', 'default', 'one');
  api.put(namedService('one', { type: 'LoadBalancer' }));
  watch.bookmark();
  watch.bookmark(early);
  watch.bookmark(early);
  api.put(namedService('end'));
  await log.next('upsert Service default/end');
  watch.bookmark(early);
  watch.cut();
  await api.until(() => api.requestsFor('watch', 'Service').length === 2);
  expect(api.requestsFor('watch', 'Service')[1]!.query.get('resourceVersion')).toBe(api.resourceVersion);
  // One that was never seen cannot be told from a new one; what it brings back is history all the same.
  const second = await api.watch('Service');
  const skipped = String(Number(early) - 1);
  second.bookmark(skipped);
  await expect.poll(() => part('Service').resourceVersion).toBe(skipped);
  second.cut();
  await api.until(() => api.requestsFor('watch', 'Service').length === 3);
  expect(api.requestsFor('watch', 'Service')[2]!.query.get('resourceVersion')).toBe(skipped);
  api.put(namedService('after'));
  await log.next('upsert Service default/after');
  expect(log.changes).toEqual([
    'upsert Service default/one',
    'upsert Service default/one',
    'delete Service default/one',
    'upsert Service default/one',
    'upsert Service default/end',
    'upsert Service default/after',
  ]);
  expect(part('Service').resourceVersion).toBe(api.resourceVersion);
});
