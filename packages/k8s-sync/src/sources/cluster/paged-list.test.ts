import { expect, it } from 'vitest';
import { namedService, watchedCluster } from '../../../test/watched-cluster.ts';

const paged = { streamingLists: false, pageSize: 2 };

it('comes in pages after a 410, and a page that expired starts it over without pages', async () => {
  await using cluster = await watchedCluster(paged);
  const { api, log } = cluster;
  api.put(...['a', 'b', 'c', 'd', 'e'].map((name) => namedService(name)));
  await cluster.start();
  const before = log.changes.length;
  const watch = await api.watch('Service');
  watch.freeze();
  api.delete('Service', 'default', 'a');
  api.put(namedService('f'));
  api.compact();
  // The last page is asked for when its moment has been compacted away.
  let pages = 0;
  api.fault({
    kind: 'Service',
    verb: 'list',
    when: (request) => request.query.has('continue') && ++pages === 2,
    status: 410,
    reason: 'Expired',
  });
  watch.cut();
  await log.next('delete Service default/a');
  const queries = api
    .requestsFor('list', 'Service')
    .slice(1)
    .map(({ query }) => `limit ${query.get('limit')}${query.has('continue') ? ', next page' : ''}`);
  expect(queries).toEqual(['limit 2', 'limit 2, next page', 'limit 2, next page', 'limit null']);
  expect(log.changes.slice(before)).toEqual(['upsert Service default/f', 'delete Service default/a']);
});

it('that is cut takes nothing away and is tried again', async () => {
  await using cluster = await watchedCluster(paged);
  const { api, log } = cluster;
  api.put(namedService('one'), namedService('two'));
  const fault = api.fault({ kind: 'Service', verb: 'list', cutAfterBytes: 300, times: 2 });
  await cluster.start();
  expect(fault.hits).toBe(2);
  expect(log.changes).toEqual(['upsert Service default/one', 'upsert Service default/two']);
  expect(log.texts.filter((text) => text.startsWith('problem'))).toHaveLength(2);
});

it('whose pages have no end is an error, not an endless loop', async () => {
  await using cluster = await watchedCluster(paged);
  const page = JSON.stringify({ metadata: { resourceVersion: '1', continue: 'again' }, items: [] });
  const fault = cluster.api.fault({ kind: 'Service', verb: 'list', body: page, times: 2 });
  await cluster.start();
  expect(fault.hits).toBe(2);
  expect(cluster.log.texts.join()).toContain('the pages of the list have no end');
});
