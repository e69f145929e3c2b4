import { expect, it } from 'vitest';
import { namedService, watchedCluster } from '../../../test/watched-cluster.ts';
import type { ClusterSourceOptions } from './cluster-source.ts';

it.each([
  [401, 'the credentials are not accepted'],
  [403, 'list and watch have to be allowed by a ClusterRole'],
  [429, 'answered 429: as the test wants it'],
  [500, 'answered 500: as the test wants it'],
  [503, 'answered 503: as the test wants it'],
])('%i is a problem that names its cause, and is tried again until it works', async (status, text) => {
  await using cluster = await watchedCluster();
  const { api, log, part } = cluster;
  const fault = api.fault({ kind: 'Service', status, times: 3 });
  await cluster.start('at once');
  expect(await log.next((event) => event.type === 'problem')).toMatchObject({
    error: { code: 'LBX_API_SERVER', status, message: expect.stringContaining(text) },
    key: `${api.url}: Service`,
  });
  await log.next(`resolved ${api.url}: Service`);
  await log.next((event) => event.type === 'synced');
  expect(fault.hits).toBe(3);
  expect(part('Service')).toMatchObject({ failures: 3, lastError: undefined });
});

it('never stops: hundreds of failures of every kind later, it follows', async () => {
  await using cluster = await watchedCluster({
    backoff: { baseMs: 0.1, maxMs: 1, resetMs: 1e6 },
    deniedRetrySeconds: 0,
    listTimeoutSeconds: 0.05,
    idleTimeoutSeconds: 0.05,
    answerTimeoutSeconds: 0.05,
  });
  const { api, log, part } = cluster;
  api.put(namedService('one'));
  for (let i = 0; i < 10; i++) {
    for (const status of [401, 403, 404, 408, 409, 410, 429, 500, 502, 503, 504])
      api.fault({ kind: 'Service', status, times: 2 });
    api.fault({ kind: 'Service', reset: true, times: 2 });
    api.fault({ kind: 'Service', body: 'HTTP is not JSON\n' });
    api.fault({ kind: 'Service', body: '{"type":"ADDED"}\n' });
    api.fault({ kind: 'Service', body: '[[[[\n' });
    api.fault({ kind: 'Service', body: '{"type":"ADDED","object":{"metadata":{}}}\n' });
    api.fault({ kind: 'Service', cutAfterBytes: 0 });
  }
  api.fault({ kind: 'Service', never: true });
  await cluster.start();
  await expect.poll(() => part('Service').connected).toBe(true);
  expect(part('Service').failures).toBeGreaterThan(200);
  api.put(namedService('two'));
  await log.next('upsert Service default/two');
  expect(log.changes).toEqual(['upsert Service default/one', 'upsert Service default/two']);
});

it.each([429, 503])('waits as long as Retry-After of a %i says', async (status) => {
  await using cluster = await watchedCluster();
  const { api } = cluster;
  api.fault({ kind: 'Service', status, headers: { 'retry-after': '1' } });
  await cluster.start();
  const [first, second] = api.requests.filter((request) => request.kind === 'Service');
  expect(second!.at - first!.at).toBeGreaterThanOrEqual(990);
});

it('is slow after 401 and 403, and says so meanwhile', async () => {
  await using cluster = await watchedCluster({ deniedRetrySeconds: 0.4 }, { token: 'right' });
  const { api, part, source } = cluster;
  await cluster.start('at once');
  await expect.poll(() => part('Service').lastError).toMatchObject({ status: 401 });
  expect(source.status().lastError).toMatchObject({ code: 'LBX_API_SERVER' });
  await api.until(() => api.requests.filter((request) => request.kind === 'Service').length === 3);
  const times = api.requests.filter((request) => request.kind === 'Service').map((request) => request.at);
  expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(390);
  expect(times[2]! - times[1]!).toBeGreaterThanOrEqual(390);
  api.token = undefined;
  await cluster.log.next('synced');
});

it('asks for the token before every request, so that 401 ends when the token changes', async () => {
  let token = 'old';
  const options = { token: () => `${token}\n` } as Partial<ClusterSourceOptions>;
  await using cluster = await watchedCluster(options, { token: 'old' });
  const { api, log } = cluster;
  await cluster.start();
  api.token = 'new';
  (await api.watch('Service')).cut();
  await log.next((event) => event.type === 'problem');
  token = 'new';
  await log.next(`resolved ${api.url}: Service`);
  expect(api.requests.at(-1)!.authorization).toBe('Bearer new');
});

it('a token that cannot be had is a problem, and no end', async () => {
  let broken = true;
  const token = async () => {
    if (broken) throw new Error('vault is sealed');
    return 'secret';
  };
  await using cluster = await watchedCluster({ token } as Partial<ClusterSourceOptions>, { token: 'secret' });
  await cluster.start('at once');
  const event = await cluster.log.next((found) => found.type === 'problem');
  expect(event).toMatchObject({
    error: { message: expect.stringMatching(/credentials for .* cannot be had: vault is sealed/) },
  });
  broken = false;
  await cluster.log.next('synced');
});

it('an API server that goes away is waited for, and followed from where it was', async () => {
  await using cluster = await watchedCluster();
  const { api, log, part } = cluster;
  api.put(namedService('one'));
  await cluster.start();
  await api.stop();
  expect(await log.next((event) => event.type === 'problem')).toMatchObject({
    error: { code: 'LBX_API_SERVER' },
  });
  await log.next((event) => event.type === 'problem' && event.error.message.includes('ECONNREFUSED'));
  api.put(namedService('two'));
  await api.restart();
  await log.next('upsert Service default/two');
  expect(log.changes).toEqual(['upsert Service default/one', 'upsert Service default/two']);
  expect(part('Service').relists).toBe(0);
});

it('a server that ends each watch at once, with or without an event, is not asked in a loop', async () => {
  await using cluster = await watchedCluster({ backoff: { baseMs: 100, maxMs: 100, resetMs: 1e6 } });
  const { api } = cluster;
  await cluster.start();
  const bookmark = { type: 'BOOKMARK', object: { metadata: { resourceVersion: '100' } } };
  const watch = await api.watch('Service');
  const ends = api.fault({ kind: 'Service', body: `${JSON.stringify(bookmark)}\n`, times: 6 });
  const begin = performance.now();
  watch.end();
  await api.until(() => ends.hits === 6);
  // Six waits between nothing and 100 ms: less than 10 ms in all would be one in more than a hundred million.
  expect(performance.now() - begin).toBeGreaterThan(10);
});

it('survives a line that is no JSON, and lists anew if it comes again and again', async () => {
  await using cluster = await watchedCluster();
  const { api, log, part } = cluster;
  await cluster.start();
  for (let i = 1; i <= 3; i++) {
    const before = api.requests.length;
    (await api.watch('Service')).write('{"type":"ADDED",\n');
    await api.until(
      () => api.requests.length > before && api.watches.some((watch) => watch.kind === 'Service'),
    );
  }
  await expect.poll(() => part('Service').relists).toBe(1);
  api.put(namedService('one'));
  await log.next('upsert Service default/one');
  expect(log.texts.filter((text) => text.startsWith('problem: Service: the answer of'))).toHaveLength(3);
});

it.each([
  ['an ERROR event', { body: '{"type":"ERROR","object":{"code":500,"message":"lost"}}\n' }],
  ['a version that the server does not take', { status: 400, message: 'Invalid resource version' }],
  ['silence without a bookmark', { silentAfterBytes: 0 }],
])('lists anew when watches from one version bring nothing but %s', async (_, answer) => {
  await using cluster = await watchedCluster({ idleTimeoutSeconds: 0.1 }, { bookmarkMs: 20 });
  const { api, log, part } = cluster;
  await cluster.start();
  const fault = api.fault({
    kind: 'Service',
    verb: 'watch',
    times: 100,
    when: (request) => request.query.has('resourceVersion'),
    ...answer,
  });
  (await api.watch('Service')).cut();
  await expect.poll(() => part('Service').relists).toBe(1);
  expect(fault.hits).toBe(3);
  api.put(namedService('one'));
  await log.next('upsert Service default/one');
});

it.each([429, 500, 503])('does not list anew because a busy server answers %i to watches', async (status) => {
  await using cluster = await watchedCluster({ backoff: { baseMs: 1, maxMs: 1, resetMs: 1e6 } });
  const { api, part } = cluster;
  await cluster.start();
  const fault = api.fault({ kind: 'Service', verb: 'watch', times: 20, status });
  (await api.watch('Service')).cut();
  await expect.poll(() => fault.hits).toBe(20);
  await expect.poll(() => part('Service').connected).toBe(true);
  expect(part('Service').relists).toBe(0);
});
