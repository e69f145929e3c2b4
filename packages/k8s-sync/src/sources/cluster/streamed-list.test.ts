import { describe, expect, it } from 'vitest';
import { slice } from '../../../test/objects.ts';
import { namedService, watchedCluster } from '../../../test/watched-cluster.ts';

it('asks for the list as a stream, and goes on with the same watch', async () => {
  await using cluster = await watchedCluster();
  const { api, log, part } = cluster;
  api.put(namedService('one'), namedService('two'), slice([]));
  await cluster.start();
  api.put(namedService('three'));
  await log.next('upsert Service default/three');
  const [request, ...more] = api.requests.filter(({ kind }) => kind === 'Service');
  expect(more).toEqual([]);
  expect(Object.fromEntries(request!.query)).toMatchObject({
    watch: 'true',
    sendInitialEvents: 'true',
    resourceVersionMatch: 'NotOlderThan',
    allowWatchBookmarks: 'true',
  });
  expect(request!.query.get('resourceVersion')).toBe(null);
  expect(part('Service')).toMatchObject({ listedAs: 'stream', relists: 0, reconnects: 0, failures: 0 });
  expect(log.texts.filter((text) => text.startsWith('problem'))).toEqual([]);
});

describe('a server that does not list as a stream gets asked for pages, at once and for all kinds', () => {
  it.each(['bad-request', 'invalid', 'no-progress'] as const)('%s', async (streamingLists) => {
    await using cluster = await watchedCluster({}, { streamingLists });
    const { api, log, part } = cluster;
    api.put(namedService('one'));
    await cluster.start();
    expect(part('Service')).toMatchObject({ listedAs: 'pages', failures: 0 });
    expect(cluster.source.status().streamingRefused).toMatch(/sendInitialEvents|RequestWatchProgress/);
    expect(log.texts.filter((text) => text.startsWith('problem'))).toEqual([]);
    // It is remembered: the next list is in pages from the start.
    const watch = await api.watch('Service');
    api.compact();
    watch.cut();
    await api.until(() => api.requestsFor('list', 'Service').length === 2);
    expect(api.requests.filter((r) => r.kind === 'Service' && r.query.has('sendInitialEvents'))).toHaveLength(
      1,
    );
  });

  it('one that ignores the parameter: by its silence', async () => {
    await using cluster = await watchedCluster({ listTimeoutSeconds: 0.1 }, { streamingLists: 'ignored' });
    cluster.api.put(namedService('one'));
    await cluster.start();
    expect(cluster.part('Service')).toMatchObject({ listedAs: 'pages', failures: 0 });
    expect(cluster.source.status().streamingRefused).toContain('fell silent');
    expect(cluster.log.changes).toEqual(['upsert Service default/one']);
  });

  it('one that ignores the parameter: by a bookmark without the mark', async () => {
    await using cluster = await watchedCluster({}, { streamingLists: 'ignored' });
    const { api } = cluster;
    api.put(namedService('one'));
    await cluster.start('at once');
    const streamed = await api.watch('Service');
    const slices = await api.watch('EndpointSlice');
    streamed.bookmark();
    slices.bookmark();
    await cluster.log.next('synced');
    expect(cluster.part('Service')).toMatchObject({ listedAs: 'pages', failures: 0 });
  });
});

describe('a stream that does not become complete', () => {
  it('takes nothing away; what it told is not told again', async () => {
    await using cluster = await watchedCluster();
    const { api, log, part } = cluster;
    const names = ['a', 'b', 'c', 'd', 'e'];
    api.put(...names.map((name) => namedService(name)));
    await cluster.start();
    const before = log.changes.length;
    const watch = await api.watch('Service');
    watch.freeze();
    api.put(namedService('a', { type: 'NodePort' }));
    api.delete('Service', 'default', 'e');
    api.compact();
    // Two events and a half, twice.
    api.fault({
      kind: 'Service',
      when: (r) => r.query.has('sendInitialEvents'),
      cutAfterBytes: 800,
      times: 2,
    });
    watch.cut();
    await log.next((event) => event.type === 'problem');
    expect(part('Service').objects).toBe(5);
    await log.next('delete Service default/e');
    expect(log.changes.slice(before)).toEqual(['upsert Service default/a', 'delete Service default/e']);
    expect(log.texts.at(-1)).toBe(`delete Service default/e`);
    expect(part('Service')).toMatchObject({ listedAs: 'stream', objects: 4, lastError: undefined });
  });

  it('again and again (a proxy in the way): pages do it', async () => {
    await using cluster = await watchedCluster();
    const { api } = cluster;
    api.put(namedService('a'));
    api.fault({ when: (r) => r.query.has('sendInitialEvents'), cutAfterBytes: 20, times: 100 });
    await cluster.start();
    expect(cluster.part('Service').listedAs).toBe('pages');
    expect(cluster.source.status().streamingRefused).toContain('3 lists as streams broke off');
  });

  it.each([
    [503, 'ServiceUnavailable'],
    [429, 'TooManyRequests'],
    [410, 'Expired'],
  ])('because of an ERROR event %i is tried again as a stream', async (code, reason) => {
    await using cluster = await watchedCluster();
    const { api } = cluster;
    api.put(namedService('a'));
    const error = { type: 'ERROR', object: { kind: 'Status', code, reason, message: 'not now' } };
    const fault = api.fault({ kind: 'Service', body: `${JSON.stringify(error)}\n`, times: 2 });
    await cluster.start();
    expect(fault.hits).toBe(2);
    expect(cluster.part('Service')).toMatchObject({ listedAs: 'stream', failures: 2 });
  });
});

it('an object that changes or goes while the list streams in is as it was last', async () => {
  await using cluster = await watchedCluster();
  const { api, log } = cluster;
  const event = (type: string, name: string, resourceVersion: string) =>
    `${JSON.stringify({ type, object: { metadata: { namespace: 'default', name, resourceVersion } } })}\n`;
  const end = { metadata: { resourceVersion: '107', annotations: { 'k8s.io/initial-events-end': 'true' } } };
  const body = [
    event('ADDED', 'a', '101'),
    event('ADDED', 'b', '102'),
    event('MODIFIED', 'a', '106'),
    event('DELETED', 'b', '107'),
    `${JSON.stringify({ type: 'BOOKMARK', object: end })}\n`,
    event('ADDED', 'b', '108'),
  ].join('');
  api.fault({ kind: 'Service', body, end: false });
  await cluster.start();
  await expect.poll(() => cluster.part('Service').resourceVersion).toBe('108');
  expect(log.changes).toEqual([
    'upsert Service default/a',
    'upsert Service default/b',
    'upsert Service default/a',
    'delete Service default/b',
    'upsert Service default/b',
  ]);
});

it('a server that forgets every list at once is a problem that is told', async () => {
  await using cluster = await watchedCluster();
  const fault = cluster.api.fault({ kind: 'Service', status: 410, reason: 'Expired', times: 1e9 });
  await cluster.start('at once');
  const event = await cluster.log.next((found) => found.type === 'problem');
  expect(event).toMatchObject({ error: { code: 'LBX_API_SERVER', status: 410 } });
  await expect.poll(() => cluster.source.status().waitingFor).toEqual([`${cluster.api.url}: Service`]);
  fault.stop();
  await cluster.log.next('synced');
});

it('a kind that the server does not know (yet) says nothing about streams', async () => {
  await using cluster = await watchedCluster();
  cluster.api.fault({ kind: 'EndpointSlice', status: 404 });
  await cluster.start();
  expect(cluster.part('EndpointSlice')).toMatchObject({ listedAs: 'stream', failures: 1 });
});

it('why a server cannot stream stays known after a watch has ended', async () => {
  await using cluster = await watchedCluster({}, { streamingLists: 'invalid' });
  const { api, source, part } = cluster;
  await cluster.start();
  const refusal = source.status().streamingRefused;
  (await api.watch('Service')).end();
  await expect.poll(() => part('Service').reconnects).toBe(1);
  expect(refusal).toContain('sendInitialEvents');
  expect(source.status().streamingRefused).toBe(refusal);
});
