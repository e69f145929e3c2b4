import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { selfSignedCertificate } from '@lbx/testing';
import { expect, it } from 'vitest';
import { EventLog } from '../../../test/event-log.ts';
import { namedService, watchedCluster } from '../../../test/watched-cluster.ts';
import { clusterSource } from './cluster-source.ts';
import { followSettings } from './follow-settings.ts';

it('opens a silent watch anew and misses nothing; a server without news is no problem', async () => {
  await using cluster = await watchedCluster({ idleTimeoutSeconds: 0.2 });
  const { api, log, part } = cluster;
  await cluster.start();
  const watch = await api.watch('Service');
  watch.freeze();
  api.put(namedService('one'));
  await log.next('upsert Service default/one');
  expect(log.texts.filter((text) => text.startsWith('problem'))).toEqual([]);
  expect(part('Service')).toMatchObject({ failures: 0, lastError: undefined });
  expect(part('Service').reconnects).toBeGreaterThanOrEqual(1);
});

it('bookmarks keep a quiet watch alive', async () => {
  await using cluster = await watchedCluster({ idleTimeoutSeconds: 0.3 }, { bookmarkMs: 50 });
  await cluster.start();
  const begin = Date.now();
  await expect.poll(() => cluster.part('Service').lastBookmarkAt ?? 0).toBeGreaterThan(begin + 1000);
  expect(cluster.part('Service').reconnects).toBe(0);
});

it('allows for bookmarks a minute apart, and knows three different times', () => {
  expect(followSettings({})).toMatchObject({ idleMs: 100_000, connectMs: 15_000, answerMs: 30_000 });
});

it('a request that is never answered is given up', async () => {
  await using cluster = await watchedCluster({ answerTimeoutSeconds: 0.1 });
  const fault = cluster.api.fault({ kind: 'Service', never: true, times: 2 });
  await cluster.start();
  expect(fault.hits).toBe(2);
  expect(cluster.log.texts.join()).toMatch(/no answer from .*Headers Timeout/);
});

it('a list that falls silent is given up, long before a watch would be', async () => {
  await using cluster = await watchedCluster({ listTimeoutSeconds: 0.1, streamingLists: false });
  cluster.api.put(namedService('one'));
  const fault = cluster.api.fault({ kind: 'Service', verb: 'list', silentAfterBytes: 20 });
  await cluster.start();
  expect(fault.hits).toBe(1);
  expect(cluster.log.texts.join()).toContain('nothing came for 0.1 s');
});

it('a list that comes slowly but steadily is not', async () => {
  await using cluster = await watchedCluster({ listTimeoutSeconds: 0.3, streamingLists: false });
  cluster.api.put(...Array.from({ length: 10 }, (_, i) => namedService(`s${i}`)));
  cluster.api.fault({ kind: 'Service', verb: 'list', slow: { bytes: 50, everyMs: 10 } });
  await cluster.start();
  expect(cluster.part('Service')).toMatchObject({ failures: 0, objects: 10 });
});

it('a connection that comes about but never speaks TLS is given up by the connect timeout', async () => {
  const mute = createServer(() => {});
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  const { port } = mute.address() as AddressInfo;
  const log = new EventLog();
  const source = clusterSource({ server: `https://127.0.0.1:${port}`, connectTimeoutSeconds: 0.2 });
  await source.start(log.listener);
  try {
    const event = await log.next((found) => found.type === 'problem');
    expect(event).toMatchObject({
      error: { message: expect.stringMatching(/no answer from .*Connect Timeout/) },
    });
  } finally {
    await source.close();
    mute.close();
  }
});

it('has the kernel probe its connections (TCP keepalive)', async () => {
  await using cluster = await watchedCluster();
  const { api } = cluster;
  await cluster.start();
  const { clientPort } = (await api.watch('Service')).request;
  const hex = (port: number) => `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const [local, remote] = [hex(clientPort), hex(Number(new URL(api.url).port))];
  // An established socket's row in /proc/net/tcp has "timer:when"; timer 2 is keepalive, `when` hundredths of a second.
  const timer = () =>
    readFileSync('/proc/net/tcp', 'latin1')
      .split('\n')
      .map((row) => row.trim().split(/\s+/))
      .find(([, from, to, state]) => from?.endsWith(local) && to?.endsWith(remote) && state === '01')?.[5]
      ?.split(':');
  let when = Number.NaN;
  const keptAlive = () => {
    const [kind, hundredths = ''] = timer() ?? [];
    when = Number.parseInt(hundredths, 16);
    return kind;
  };
  await expect.poll(keptAlive).toBe('02');
  expect(when).toBeLessThanOrEqual(3000);
});

it('every watch has a connection of its own: HTTP/2, which would share one, is not asked for', async () => {
  const { cert, key } = selfSignedCertificate();
  let offered: (protocols: string[]) => void = () => {};
  const hello = new Promise<string[]>((resolve) => {
    offered = resolve;
  });
  const server = createTlsServer({
    cert,
    key,
    ALPNCallback({ protocols }) {
      offered(protocols);
      return undefined;
    },
  });
  // It refuses every handshake, after it has seen what the client offers.
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const source = clusterSource({ server: `https://127.0.0.1:${port}`, ca: cert });
  await source.start(() => {});
  try {
    expect(await hello).toEqual(['http/1.1']);
  } finally {
    await source.close();
    server.close();
  }
  await using cluster = await watchedCluster({}, { tls: true });
  await cluster.start();
  const ports = cluster.api.watches.map(({ request }) => request.clientPort);
  expect(new Set(ports).size).toBe(2);
});

it('works over TLS, with the authority that it was given', async () => {
  await using cluster = await watchedCluster({}, { tls: true });
  cluster.api.put(namedService('one'));
  await cluster.start();
  expect(cluster.source.name).toMatch(/^https:/);
  expect(cluster.log.changes).toEqual(['upsert Service default/one']);
});
