import { expect, it } from 'vitest';
import { endpoint, slice } from '../../../test/objects.ts';
import { namedService, watchedCluster } from '../../../test/watched-cluster.ts';

it.each([true, false])(
  'an object beyond the limit is an error; the rest stays (streamed: %s)',
  async (streamed) => {
    await using cluster = await watchedCluster({ streamingLists: streamed, maxObjectBytes: 2000 });
    const { api, log, part } = cluster;
    api.put(namedService('one'));
    await cluster.start();
    const watch = await api.watch('Service');
    api.put(namedService('big', { notes: 'x'.repeat(3000) }));
    const event = await log.next((found) => found.type === 'problem');
    expect(event).toMatchObject({ error: { message: expect.stringContaining('has more than 2000 bytes') } });
    // Neither the watch nor a new list gets past it; nothing that was told is taken back.
    api.compact();
    watch.cut();
    await log.next((found) => found.type === 'problem');
    expect(part('Service').objects).toBe(1);
    api.put(namedService('big'));
    await log.next('upsert Service default/big');
    expect(log.changes).toEqual(['upsert Service default/one', 'upsert Service default/big']);
  },
);

it('more objects than the limit are an error', async () => {
  await using cluster = await watchedCluster({ maxObjects: 2 });
  const { api, log } = cluster;
  api.put(namedService('a'), namedService('b'), namedService('c'));
  await cluster.start('at once');
  const event = await log.next((found) => found.type === 'problem');
  expect(event).toMatchObject({
    error: { message: expect.stringContaining('more than 2 objects of kind Service') },
  });
  api.delete('Service', 'default', 'c');
  await log.next((found) => found.type === 'synced');
});

it('a server that sends one line without end is cut off at the limit', async () => {
  await using cluster = await watchedCluster({ maxObjectBytes: 1 << 20 });
  const { api, log } = cluster;
  await cluster.start();
  let sent = 0;
  api.fault({
    kind: 'Service',
    respond(_, response) {
      response.writeHead(200).write('{"type":"ADDED","object":{"x":"');
      const part = 'x'.repeat(65_536);
      const more = () => {
        while (!response.destroyed && sent < 64 << 20) {
          sent += part.length;
          if (!response.write(part)) return void response.once('drain', more);
        }
      };
      more();
    },
  });
  (await api.watch('Service')).cut();
  await log.next(
    (event) => event.type === 'problem' && event.error.message.includes('more than 1048576 bytes'),
  );
  expect(sent).toBeLessThan(32 << 20);
  await log.next(`resolved ${api.url}: Service`);
});

it.each([true, false])(
  'a list of 20 MB is read in small parts, between which the event loop turns (streamed: %s)',
  async (streamed) => {
    await using cluster = await watchedCluster({ streamingLists: streamed });
    const { api, log } = cluster;
    const endpoints = Array.from({ length: 100 }, (_, i) =>
      endpoint(`192.0.2.${i}`, { targetRef: { uid: 'u'.repeat(90) } }),
    );
    const big = slice(endpoints, { managedFields: 'm'.repeat(4000) });
    const text = JSON.stringify(big);
    const count = Math.ceil((20 << 20) / text.length);
    const named = (i: number) => text.replace('"web-1"', `"web-${i}","resourceVersion":"${i + 1}"`);
    // The fake server and its client share a process: the body is made before the clock runs.
    const end = JSON.stringify({
      type: 'BOOKMARK',
      object: { metadata: { resourceVersion: '9', annotations: { 'k8s.io/initial-events-end': 'true' } } },
    });
    const items = Array.from({ length: count }, (_, i) => named(i));
    const body = streamed
      ? `${items.map((item) => `{"type":"ADDED","object":${item}}\n`).join('')}${end}\n`
      : `{"metadata":{"resourceVersion":"9"},"items":[${items.join(',')}]}`;
    api.fault({ kind: 'EndpointSlice', body, end: !streamed });
    await cluster.start('at once');
    // Objects told from one turn of the event loop to the next: a matter of parts, not of how fast this machine is.
    let most = 0;
    let before = 0;
    let turning = true;
    const turn = () => {
      most = Math.max(most, log.events.length - before);
      before = log.events.length;
      if (turning) setImmediate(turn);
    };
    turn();
    await log.next('synced');
    turning = false;
    expect(cluster.part('EndpointSlice').objects).toBe(count);
    expect(most).toBeLessThan(count / 20);
    const told = JSON.stringify(log.events.find((event) => event.type === 'upsert'));
    expect(told).not.toMatch(/managedFields|targetRef/);
    expect(told).toContain('192.0.2.99');
  },
);
