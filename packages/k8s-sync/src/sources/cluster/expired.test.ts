import { describe, expect, it } from 'vitest';
import { namedService, watchedCluster } from '../../../test/watched-cluster.ts';

describe.each([true, false])('with lists as streams: %s', (streamingLists) => {
  it.each(['status', 'event'] as const)(
    '410 as %s: lists anew, tells the difference, and never an empty state',
    async (goneAs) => {
      await using cluster = await watchedCluster({ streamingLists }, { goneAs });
      const { api, log, part } = cluster;
      api.put(namedService('stays'), namedService('goes'), namedService('changes'), namedService('returns'));
      await cluster.start();
      const known = new Set(['stays', 'goes', 'changes', 'returns']);
      const watch = await api.watch('Service');
      // What happens while nobody listens:
      watch.freeze();
      api.delete('Service', 'default', 'goes');
      api.delete('Service', 'default', 'returns');
      api.put(namedService('returns', { type: 'NodePort' }), namedService('changes', { type: 'NodePort' }));
      api.put(namedService('new'));
      api.compact();
      const before = log.changes.length;
      watch.cut();
      await log.next('delete Service default/goes');
      for (const text of log.changes.slice(before)) {
        const name = text.split('/')[1]!;
        if (text.startsWith('delete')) known.delete(name);
        else known.add(name);
        expect(known.size).toBeGreaterThanOrEqual(4);
      }
      expect(log.changes.slice(before).sort()).toEqual([
        'delete Service default/goes',
        'upsert Service default/changes',
        'upsert Service default/new',
        'upsert Service default/returns',
      ]);
      expect(log.texts.filter((text) => text === 'synced')).toHaveLength(1);
      expect(part('Service')).toMatchObject({
        relists: 1,
        objects: 4,
        listedAs: streamingLists ? 'stream' : 'pages',
      });
      // It follows from there.
      api.put(namedService('later'));
      await log.next('upsert Service default/later');
    },
  );
});

it("takes the first list from the server's cache, and after a 410 only the newest", async () => {
  await using cluster = await watchedCluster({ streamingLists: false });
  const { api, log } = cluster;
  await cluster.start();
  const watch = await api.watch('Service');
  api.compact();
  api.put(namedService('one'));
  await log.next('upsert Service default/one');
  watch.fail(410, 'Expired', 'too old resource version');
  await api.until(() => api.requestsFor('list', 'Service').length === 2);
  expect(api.requestsFor('list', 'Service').map((r) => r.query.get('resourceVersion'))).toEqual(['0', null]);
});

it('lists anew when the server is behind the version that it told before (restored from a backup)', async () => {
  await using cluster = await watchedCluster();
  const { api, log } = cluster;
  await cluster.start();
  const watch = await api.watch('Service');
  watch.send({
    type: 'ADDED',
    object: { metadata: { name: 'lost', namespace: 'default', resourceVersion: '999999' } },
  });
  await log.next('upsert Service default/lost');
  watch.cut();
  await log.next('delete Service default/lost');
});
