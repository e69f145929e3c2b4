import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventLog, eventText } from '../../test/event-log.ts';
import { FakeApiServer, respondJson } from '../../test/fake-api-server.ts';
import { service, slice } from '../../test/objects.ts';
import { type ClusterSource, type ClusterSourceOptions, clusterSource } from './cluster-source.ts';
import type { SourceEvent } from './source-event.ts';

const services = '/api/v1/services';
const slices = '/apis/discovery.k8s.io/v1/endpointslices';

let api: FakeApiServer;
let source: ClusterSource;
let log: EventLog;

beforeEach(async () => {
  api = await FakeApiServer.start();
  log = new EventLog();
});

afterEach(async () => {
  await source.close();
  await api.close();
});

async function start(options: Partial<ClusterSourceOptions> = {}): Promise<void> {
  const backoff = { baseMs: 5, maxMs: 20, resetMs: 1000 };
  source = clusterSource({
    server: api.url,
    backoff,
    deniedRetrySeconds: 0.05,
    ...options,
  } as ClusterSourceOptions);
  await source.start(log.listener);
}

const named = (name: string, resourceVersion: string) =>
  service({}, { name, resourceVersion, managedFields: ['much'] });
const is = (text: string) => (event: SourceEvent) => eventText(event) === text;
const statusOf = (kind: string) => source.status().find((status) => status.kind === kind)!;
const serviceLists = () => api.lists.filter((request) => request.path === services);
const serviceWatches = () => api.watchRequests.filter((request) => request.path === services);

describe('list', () => {
  it('tells all kinds, then synced once, with what kube-proxy asks for', async () => {
    api.objects.set(services, [named('one', '1')]);
    api.objects.set(slices, [slice([], { resourceVersion: '2' })]);
    api.objects.set('/api/v1/nodes', [{ kind: 'Node', apiVersion: 'v1', metadata: { name: 'node-a' } }]);
    await start({ nodeName: 'node-a' });
    await log.next(is('synced'));
    expect(log.texts.slice(0, 3).sort()).toEqual([
      'upsert EndpointSlice default/web-1',
      'upsert Node default/node-a',
      'upsert Service default/one',
    ]);
    expect(
      api.lists
        .map((r) => [
          r.path,
          r.query.get('labelSelector') ?? r.query.get('fieldSelector'),
          r.query.get('resourceVersion'),
        ])
        .sort(),
    ).toEqual([
      ['/api/v1/nodes', 'metadata.name=node-a', '0'],
      [services, '!service.kubernetes.io/service-proxy-name', '0'],
      [slices, '!service.kubernetes.io/headless', '0'],
    ]);
    expect(JSON.stringify(log.events)).not.toContain('managedFields');
    const watch = await api.watch(services);
    expect(watch.resourceVersion).toBe('100');
    const { query } = serviceWatches()[0]!;
    expect(query.get('allowWatchBookmarks')).toBe('true');
    expect(Number(query.get('timeoutSeconds'))).toBeGreaterThanOrEqual(300);
    expect(Number(query.get('timeoutSeconds'))).toBeLessThanOrEqual(600);
  });

  it('comes in pages after a 410, and a page that expired starts it over without pages', async () => {
    api.objects.set(
      services,
      ['a', 'b', 'c', 'd', 'e'].map((name, i) => named(name, String(i))),
    );
    await start({ pageSize: 2 });
    await log.next(is('synced'));
    let refused = 0;
    api.intercept = ({ query }, response) => {
      if (query.get('continue') !== '4' || refused++ > 0) return false;
      respondJson(response, 410, {
        kind: 'Status',
        code: 410,
        reason: 'Expired',
        message: 'continue token too old',
      });
      return true;
    };
    api.objects.set(
      services,
      ['b', 'c', 'd', 'e', 'f'].map((name, i) => named(name, String(i + 1))),
    );
    (await api.watch(services)).send({
      type: 'ERROR',
      object: { kind: 'Status', code: 410, reason: 'Expired' },
    });
    await log.next(is('delete Service default/a'));
    const queries = serviceLists()
      .slice(1)
      .map((r) => `${r.query.get('limit')} ${r.query.get('continue')}`);
    expect(queries).toEqual(['2 null', '2 2', '2 4', 'null null']);
    expect(log.texts.filter((t) => t.includes('Service default/')).slice(5)).toEqual([
      'upsert Service default/f',
      'delete Service default/a',
    ]);
  });

  it('that is cut takes nothing away and is tried again', async () => {
    let cut = 0;
    api.objects.set(services, [named('one', '1')]);
    api.intercept = ({ path, query }, response) => {
      if (path !== services || query.has('watch') || cut++ > 0) return false;
      response
        .writeHead(200)
        .write('{"kind":"ServiceList","metadata":{"resourceVersion":"5"},"items":[{"metadata":{"na');
      setTimeout(() => response.destroy(), 5);
      return true;
    };
    await start();
    await log.next(is('synced'));
    expect(log.texts.filter((text) => text.startsWith('problem'))).toHaveLength(1);
    expect(log.texts).toContain('upsert Service default/one');
  });
});

describe('watch', () => {
  it('tells additions, changes and deletions, whatever way the bytes are cut', async () => {
    await start();
    const watch = await api.watch(services);
    const text = [
      { type: 'ADDED', object: named('eins – ä', '101') },
      { type: 'MODIFIED', object: named('eins – ä', '102') },
      { type: 'DELETED', object: named('eins – ä', '103') },
      { type: 'SOMETHING', object: {} },
      { type: 'ADDED', object: named('last', '104') },
    ]
      .map((event) => `${JSON.stringify(event)}\n`)
      .join('\n');
    for (const [at, part] of [...text.matchAll(/.{1,7}/gs)].entries()) {
      watch.write(part[0]);
      if (at % 20 === 0) await new Promise(setImmediate);
    }
    await log.next(is('upsert Service default/last'));
    const texts = log.texts.filter((t) => t !== 'synced');
    expect(texts).toEqual([
      'upsert Service default/eins – ä',
      'upsert Service default/eins – ä',
      'delete Service default/eins – ä',
      'upsert Service default/last',
    ]);
  });

  it('resumes where it was, also from a bookmark, without a list', async () => {
    await start();
    const watch = await api.watch(services);
    watch.send({ type: 'ADDED', object: named('one', '101') });
    watch.send({ type: 'BOOKMARK', object: { kind: 'Service', metadata: { resourceVersion: '150' } } });
    await log.next(is('upsert Service default/one'));
    watch.end();
    await api.until(() => serviceWatches().length === 2);
    expect(serviceWatches()[1]!.query.get('resourceVersion')).toBe('150');
    (await api.watch(services)).cut();
    await api.until(() => serviceWatches().length === 3);
    // The server sends again what is known already: that is no change.
    const third = await api.watch(services);
    third.send({ type: 'ADDED', object: named('one', '101') });
    third.send({ type: 'ADDED', object: named('two', '160') });
    await log.next(is('upsert Service default/two'));
    expect(serviceLists()).toHaveLength(1);
    expect(log.texts.filter((text) => text === 'upsert Service default/one')).toHaveLength(1);
    expect(statusOf('Service')).toMatchObject({
      synced: true,
      connected: true,
      objects: 2,
      reconnects: 2,
      relists: 0,
      resourceVersion: '160',
    });
  });

  it.each(['status', 'event'])(
    'lists anew after 410 as %s, tells the difference and never an empty state',
    async (way) => {
      api.objects.set(services, [named('stays', '1'), named('goes', '2'), named('changes', '3')]);
      await start();
      await log.next(is('synced'));
      const watch = await api.watch(services);
      const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
      api.objects.set(services, [named('stays', '1'), named('changes', '7'), named('new', '8')]);
      api.resourceVersion = '200';
      if (way === 'event') {
        watch.send({ type: 'ERROR', object: status });
      } else {
        api.intercept = ({ query }, response) => {
          if (query.get('watch') === null || query.get('resourceVersion') === '200') return false;
          respondJson(response, 410, status);
          return true;
        };
        watch.cut();
      }
      await log.next(is('delete Service default/goes'));
      await api.until(() => serviceWatches().at(-1)?.query.get('resourceVersion') === '200');
      const after = log.texts
        .slice(log.texts.indexOf('synced') + 1)
        .filter((text) => /^(upsert|delete)/.test(text));
      expect(after).toEqual([
        'upsert Service default/changes',
        'upsert Service default/new',
        'delete Service default/goes',
      ]);
      expect(serviceLists()[1]!.query.get('resourceVersion')).toBe(null);
      expect(log.texts.filter((text) => text === 'synced')).toHaveLength(1);
    },
  );

  it('that is silent for too long is opened anew', async () => {
    await start({ idleTimeoutSeconds: 0.2 });
    await api.until(() => serviceWatches().length >= 3);
    expect(statusOf('Service').reconnects).toBeGreaterThanOrEqual(1);
    expect(serviceLists()).toHaveLength(1);
  });

  it('survives a line that is no JSON, and lists anew if it comes again and again', async () => {
    await start();
    for (let i = 1; i <= 3; i++) {
      (await api.watch(services)).write('{"type":"ADDED",\n');
      if (i < 3) await api.until(() => serviceWatches().length === i + 1);
    }
    await api.until(() => serviceLists().length === 2);
    (await api.watch(services)).send({ type: 'ADDED', object: named('one', '101') });
    await log.next(is('upsert Service default/one'));
    expect(log.texts.some((text) => text.startsWith('problem: Service: the answer of'))).toBe(true);
    expect(log.texts.some((text) => text.startsWith('resolved'))).toBe(true);
  });
});

describe('trouble', () => {
  it.each([
    [401, {}, 'the credentials are not accepted'],
    [403, {}, 'ClusterRole'],
    [429, { 'retry-after': '0' }, 'answered 429'],
    [500, {}, 'answered 500: etcd is away'],
  ])(
    '%i is a problem that names its cause, and is tried again until it works',
    async (status, headers, text) => {
      let refused = 0;
      api.objects.set(services, [named('one', '1')]);
      api.intercept = ({ path }, response) => {
        if (path !== services || refused++ >= 3) return false;
        respondJson(response, status, { kind: 'Status', message: 'etcd is away' }, headers);
        return true;
      };
      await start();
      const event = await log.next((e) => e.type === 'problem');
      expect(event).toMatchObject({
        error: { code: 'LBX_API_SERVER', status, message: expect.stringContaining(text) },
      });
      await log.next(is(`resolved ${api.url} Service`));
      expect(log.texts).toContain('synced');
    },
  );

  it('waits as long as Retry-After says', async () => {
    const times: number[] = [];
    api.intercept = ({ path }, response) => {
      if (path !== services || times.push(performance.now()) > 1) return false;
      respondJson(response, 429, {}, { 'retry-after': '1' });
      return true;
    };
    await start();
    await log.next(is('synced'));
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(990);
  });

  it('the token is asked for before every request', async () => {
    let n = 0;
    await start({ token: () => `token-${n++}\n` } as Partial<ClusterSourceOptions>);
    await log.next(is('synced'));
    (await api.watch(services)).end();
    await api.until(() => serviceWatches().length === 2);
    const tokens = api.requests.map((request) => request.authorization);
    expect(new Set(tokens).size).toBe(tokens.length);
    expect(tokens[0]).toMatch(/^Bearer token-\d$/);
  });

  it('an error of the listener is reported and the watch goes on', async () => {
    const texts: string[] = [];
    source = clusterSource({ server: api.url });
    await source.start((event) => {
      texts.push(eventText(event));
      log.listener(event);
      if (event.type === 'upsert') throw new Error('oops');
    });
    const watch = await api.watch(services);
    watch.send({ type: 'ADDED', object: named('one', '101') });
    watch.send({ type: 'ADDED', object: named('two', '102') });
    await log.next(is('upsert Service default/two'));
    expect(texts.filter((text) => text.startsWith('problem'))[0]).toContain('threw: oops');
    expect(serviceWatches()).toHaveLength(1);
  });

  it('an API server that is away is waited for', async () => {
    const { url } = api;
    await api.close();
    source = clusterSource({ server: url });
    await source.start(log.listener);
    const event = await log.next((e) => e.type === 'problem');
    expect(event).toMatchObject({
      error: { code: 'LBX_API_SERVER', message: expect.stringContaining('ECONNREFUSED') },
    });
    api = await FakeApiServer.start();
  });
});

describe('access', () => {
  it('reads server and token from a kubeconfig', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lbx-kubeconfig-'));
    try {
      const file = join(folder, 'config');
      writeFileSync(
        file,
        `apiVersion: v1
kind: Config
clusters: [{ name: c, cluster: { server: ${api.url} } }]
users: [{ name: u, user: { token: secret } }]
contexts: [{ name: x, context: { cluster: c, user: u } }]
current-context: x
`,
      );
      source = clusterSource({ kubeconfig: file });
      await source.start(log.listener);
      await log.next(is('synced'));
      expect(api.requests[0]?.authorization).toBe('Bearer secret');
      await source.close();
      source = clusterSource({ kubeconfig: file, context: 'other' });
      await expect(source.start(log.listener)).rejects.toMatchObject({
        code: 'LBX_KUBECONFIG',
        message: expect.stringContaining('its contexts are: x'),
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each([
    [{ kubeconfig: '/nowhere/config' }, 'kubeconfig /nowhere/config cannot be read'],
    [{ server: 'nonsense' }, 'is no URL'],
    [{ server: 'ftp://192.0.2.1' }, 'begins with ftp:'],
  ])('rejects %j', async (access, message) => {
    source = clusterSource(access as ClusterSourceOptions);
    await expect(source.start(log.listener)).rejects.toMatchObject({
      code: 'LBX_KUBECONFIG',
      message: expect.stringContaining(message),
    });
  });
});
