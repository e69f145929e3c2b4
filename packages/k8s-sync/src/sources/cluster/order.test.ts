import { expect, it } from 'vitest';
import { eventText } from '../../../test/event-log.ts';
import { namedService, watchedCluster } from '../../../test/watched-cluster.ts';

const clusterIpOf = (event: { object: object }) =>
  (event.object as { spec?: { externalName?: string } }).spec?.externalName;

it('what happens to one object is told in its order, and ends as it is', async () => {
  await using cluster = await watchedCluster();
  const { api, log } = cluster;
  await cluster.start();
  for (let i = 0; i < 200; i++) {
    api.put(namedService(`s${i % 7}`, { externalName: String(i) }));
    if (i % 3 === 0) api.delete('Service', 'default', `s${i % 5}`);
  }
  api.put(namedService('end'));
  await log.next('upsert Service default/end');
  const last = new Map<string, string | undefined>();
  for (const event of log.events) {
    if (event.type === 'delete') last.delete(event.name);
    if (event.type !== 'upsert') continue;
    const { name } = (event.object as { metadata: { name: string } }).metadata;
    const version = clusterIpOf(event);
    expect(Number(version ?? 1e9)).toBeGreaterThan(Number(last.get(name) ?? -1));
    last.set(name, version);
  }
  const stored = api
    .list('Service')
    .map(({ metadata, spec }) => [metadata.name, (spec as { externalName?: string }).externalName]);
  expect([...last].sort()).toEqual(stored.sort());
});

it('compares versions for nothing but equality: they may be any text, and become smaller', async () => {
  await using cluster = await watchedCluster();
  const { api, log } = cluster;
  await cluster.start();
  const watch = await api.watch('Service');
  const send = (type: string, resourceVersion: string) =>
    watch.send({ type, object: { metadata: { namespace: 'default', name: 'one', resourceVersion } } });
  send('ADDED', 'z-9');
  send('MODIFIED', '7');
  send('MODIFIED', '7');
  send('MODIFIED', 'a-1');
  send('DELETED', '3');
  await log.next('delete Service default/one');
  expect(log.changes).toEqual([
    ...Array<string>(3).fill('upsert Service default/one'),
    'delete Service default/one',
  ]);
});

it('waits for a slow listener: no more is read, only the newest of each object is kept, nothing is lost', async () => {
  await using cluster = await watchedCluster({ idleTimeoutSeconds: 1.5 }, { bookmarkMs: 50 });
  const { api, source } = cluster;
  let release = () => {};
  let held: Promise<void> | undefined = new Promise((resolve) => {
    release = resolve;
  });
  const told: string[] = [];
  let running = 0;
  await source.start(async (event) => {
    running += 1;
    expect(running).toBe(1);
    told.push(event.type === 'upsert' ? `${eventText(event)} ${clusterIpOf(event) ?? ''}` : eventText(event));
    await held;
    running -= 1;
  });
  await expect.poll(() => told).toHaveLength(1);
  await api.watch('Service');
  // 60 MB of 3000 objects: far more than what sockets and the queue hold; then many changes of a few.
  const notes = 'n'.repeat(20_000);
  for (let i = 0; i < 3000; i++) api.put(namedService(`many${i}`, { notes }));
  for (let i = 0; i < 2000; i++) api.put(namedService(`s${i % 10}`, { externalName: String(i) }));
  await expect.poll(() => source.status().pending).toBeGreaterThan(900);
  // The listener takes longer than any silence that is allowed: that is no reason to give up the watch.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  expect(cluster.part('Service').failures).toBe(0);
  expect(source.status().pending).toBeLessThan(1100);
  held = undefined;
  release();
  await expect.poll(() => told.filter((text) => text.endsWith(' 1999'))).toHaveLength(1);
  expect(told.filter((text) => text.includes('/many'))).toHaveLength(3000);
  expect(told.filter((text) => text.includes('/s')).length).toBeLessThan(1900);
  for (let s = 0; s < 10; s++) {
    const versions = told.filter((text) => text.startsWith(`upsert Service default/s${s} `));
    expect(versions.at(-1)).toBe(`upsert Service default/s${s} ${1990 + s}`);
  }
});

it('an error of the listener is reported to it, and the watch goes on', async () => {
  await using cluster = await watchedCluster();
  const { api, log, source } = cluster;
  await source.start((event) => {
    log.listener(event);
    if (event.type === 'upsert') throw new Error('oops');
  });
  await log.next('synced');
  api.put(namedService('one'), namedService('two'));
  await log.next('upsert Service default/two');
  expect(log.texts.filter((text) => text.startsWith('problem'))[0]).toContain('threw: oops');
  expect(api.requestsFor('watch', 'Service')).toHaveLength(1);
});
