import { get } from 'node:https';
import { afterEach, describe, expect, it } from 'vitest';
import { createFakeApiServer, type FakeApiServer, type FakeApiServerOptions } from './fake-api-server.ts';
import type { FakeFault } from './fake-fault.ts';

let api: FakeApiServer;

afterEach(() => api.close());

async function start(options?: FakeApiServerOptions): Promise<void> {
  api = await createFakeApiServer(options);
}

const service = (name: string, fields: object = {}, labels: object = {}) => ({
  kind: 'Service',
  metadata: { name, labels },
  spec: fields,
});
const ask = async (path: string) => {
  const response = await fetch(`${api.url}${path}`);
  return { status: response.status, body: (await response.json()) as Record<string, never> };
};
const names = (body: { items?: { metadata: { name: string } }[] }) =>
  body.items?.map((item) => item.metadata.name);

/** The events of a watch, until there are `count`, or it ends. */
async function watchEvents(path: string, count = Number.POSITIVE_INFINITY): Promise<unknown[]> {
  const response = await fetch(`${api.url}${path}`);
  const events: string[] = [];
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const lines = text.split('\n');
    text = lines.pop()!;
    events.push(...lines);
    if (events.length >= count) break;
  }
  return events.map((line) => {
    const { type, object } = JSON.parse(line);
    const { name, resourceVersion, annotations } = object.metadata ?? {};
    return [type, name ?? object.code ?? annotations ?? resourceVersion];
  });
}

describe('lists', () => {
  it.each([
    ['', ['api', 'db', 'web']],
    ['?labelSelector=!tier', ['api']],
    ['?labelSelector=tier', ['db', 'web']],
    ['?labelSelector=tier%20in%20(back,side)', ['db']],
    ['?labelSelector=tier%20notin%20(back)', ['api', 'web']],
    ['?labelSelector=tier!=back,tier=front', ['web']],
    ['?fieldSelector=spec.clusterIP!=None', ['api', 'web']],
    ['?fieldSelector=metadata.name=web', ['web']],
  ])('with %j', async (query, expected) => {
    await start();
    api.put(
      service('web', { clusterIP: '192.0.2.1' }, { tier: 'front' }),
      service('db', { clusterIP: 'None' }, { tier: 'back' }),
      service('api'),
    );
    expect(names((await ask(`/api/v1/services${query}`)).body)).toEqual(expected);
  });

  it('come in pages of one moment, until that is compacted away', async () => {
    await start();
    api.put(...['a', 'b', 'c'].map((name) => service(name)));
    const first = (await ask('/api/v1/services?limit=2')).body as { metadata?: Record<string, string> };
    api.delete('Service', 'default', 'c');
    const next = `/api/v1/services?limit=2&continue=${first.metadata?.continue}`;
    const second = await ask(next);
    expect(names(second.body)).toEqual(['c']);
    expect((second.body as { metadata?: object }).metadata).toEqual({
      resourceVersion: first.metadata?.resourceVersion,
    });
    api.compact();
    expect(await ask(next)).toMatchObject({ status: 410, body: { reason: 'Expired', code: 410 } });
    expect(names((await ask('/api/v1/services?limit=1&resourceVersion=0')).body)).toEqual(['a', 'b']);
  });

  it.each([
    ['/api/v1/services?fieldSelector=spec.ports=1', 400, 'field label not supported: spec.ports'],
    ['/api/v1/services?resourceVersion=9999', 504, 'Too large resource version'],
    ['/api/v1/widgets', 404, 'the server has no /api/v1/widgets'],
    ['/api/v1/namespaces/other/services/web', 404, 'services "web" not found'],
    ['/api/v1/services?watch=true&resourceVersion=x', 400, 'Invalid resource version'],
    ['/api/v1/services?watch=true&sendInitialEvents=true', 422, 'resourceVersionMatch'],
  ])('%s: %i %s', async (path, status, message) => {
    await start();
    expect(await ask(path)).toMatchObject({ status, body: { message: expect.stringContaining(message) } });
  });

  it('know namespaces, single objects, and kinds of the test', async () => {
    await start({
      resources: [{ kind: 'Widget', apiVersion: 'example.org/v1', plural: 'widgets', namespaced: true }],
    });
    api.put({ kind: 'Widget', metadata: { name: 'w', namespace: 'shop' } }, service('web'));
    expect(names((await ask('/apis/example.org/v1/namespaces/shop/widgets')).body)).toEqual(['w']);
    expect(names((await ask('/apis/example.org/v1/namespaces/default/widgets')).body)).toEqual([]);
    expect((await ask('/api/v1/namespaces/default/services/web')).body).toMatchObject({ kind: 'Service' });
    expect(() => api.put({ kind: 'Gadget', metadata: { name: 'g' } })).toThrow('knows no Gadget');
  });
});

describe('watches', () => {
  const watch = '/api/v1/services?watch=true&allowWatchBookmarks=true';

  it('tell what happened since, then what happens, as the selector sees it', async () => {
    await start();
    const { metadata } = api.put(service('old', { type: 'ClusterIP' }));
    api.put(service('late', { type: 'ClusterIP' }));
    const from = `&resourceVersion=${metadata.resourceVersion}&fieldSelector=spec.type=ClusterIP`;
    const events = watchEvents(`${watch}${from}`, 5);
    await api.watch('Service');
    api.put(service('old', { type: 'ClusterIP', x: 1 }));
    api.put(service('old', { type: 'ExternalName' }));
    api.put(service('old', { type: 'ClusterIP' }));
    api.delete('Service', 'default', 'late');
    expect(await events).toEqual([
      ['ADDED', 'late'],
      ['MODIFIED', 'old'],
      ['DELETED', 'old'],
      ['ADDED', 'old'],
      ['DELETED', 'late'],
    ]);
  });

  it('begin with a list where that is asked for', async () => {
    await start();
    api.put(service('web'));
    const streamed = `${watch}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`;
    expect(await watchEvents(streamed, 2)).toEqual([
      ['ADDED', 'web'],
      ['BOOKMARK', { 'k8s.io/initial-events-end': 'true' }],
    ]);
    api.streamingLists = 'no-progress';
    expect(await watchEvents(streamed)).toEqual([['ERROR', 500]]);
    api.streamingLists = 'invalid';
    expect((await ask(streamed)).status).toBe(422);
    api.streamingLists = 'bad-request';
    expect((await ask(streamed)).status).toBe(400);
    api.streamingLists = 'ignored';
    const ordinary = watchEvents(streamed, 2);
    await api.watch('Service');
    api.bookmark('77');
    expect(await ordinary).toEqual([
      ['ADDED', 'web'],
      ['BOOKMARK', '77'],
    ]);
  });

  it('from a forgotten version are 410, as status or as event', async () => {
    await start();
    const from = `${watch}&resourceVersion=${api.resourceVersion}`;
    api.compact();
    expect(await ask(from)).toMatchObject({ status: 410, body: { reason: 'Expired' } });
    api.goneAs = 'event';
    expect(await watchEvents(from)).toEqual([['ERROR', 410]]);
  });

  it('that were ended or cut are not written to, and not found any more', async () => {
    await start();
    const first = watchEvents(`${watch}&resourceVersion=100`);
    const ended = await api.watch('Service');
    ended.end();
    expect(api.watches).toEqual([]);
    api.put(service('late'));
    ended.send({ type: 'ADDED', object: {} });
    api.bookmark();
    expect(await first).toEqual([]);
    const second = watchEvents(`${watch}&resourceVersion=100`);
    const cut = await api.watch('Service');
    cut.cut();
    cut.freeze();
    api.put(service('later'));
    expect(api.watches).toEqual([]);
    await expect(second).rejects.toThrow();
  });

  it('end by themselves after timeoutSeconds', async () => {
    await start();
    expect(await watchEvents(`${watch}&timeoutSeconds=0.05&resourceVersion=100`)).toEqual([]);
  });
});

describe('faults', () => {
  const outcome = async (fault: FakeFault): Promise<string> => {
    const active = api.fault(fault);
    try {
      const response = await fetch(`${api.url}/api/v1/services`, { signal: AbortSignal.timeout(300) });
      const retryAfter = response.headers.get('retry-after') ?? '';
      return `${response.status} ${retryAfter} ${(await response.text()).length}`;
    } catch (error) {
      return (error as Error).name;
    } finally {
      active.stop();
    }
  };

  it('answer wrongly, hang, break off or dawdle, as often as was said', async () => {
    await start();
    api.put(service('web'));
    const whole = await outcome({ kind: 'Node', status: 500 });
    const length = Number(whole.split(' ').at(-1));
    expect(whole).toBe(`200  ${length}`);
    expect(await outcome({ status: 429, headers: { 'retry-after': '7' } })).toMatch(/^429 7 /);
    expect(await outcome({ body: 'no json' })).toBe('200  7');
    expect(await outcome({ never: true })).toBe('TimeoutError');
    expect(await outcome({ reset: true })).toBe('TypeError');
    expect(await outcome({ cutAfterBytes: 10 })).toBe('TypeError');
    expect(await outcome({ silentAfterBytes: 10 })).toBe('TimeoutError');
    expect(await outcome({ slow: { bytes: 100, everyMs: 2 } })).toBe(whole);
    const twice = api.fault({ times: 2, verb: 'list', status: 503 });
    expect([
      (await ask('/api/v1/services')).status,
      (await ask('/api/v1/nodes')).status,
      (await ask('/api/v1/nodes')).status,
    ]).toEqual([503, 503, 200]);
    expect(twice.hits).toBe(2);
  });

  it('a server that goes away comes back at its address with its objects', async () => {
    await start();
    api.put(service('web'));
    const { url } = api;
    await api.stop();
    await expect(fetch(url)).rejects.toThrow();
    await api.restart();
    expect(api.url).toBe(url);
    expect(names((await ask('/api/v1/services')).body)).toEqual(['web']);
  });

  it('asks for its token, and speaks TLS with a certificate of its own', async () => {
    await start({ tls: true, token: 'secret' });
    const request = (token: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const options = { ca: api.ca, headers: { authorization: `Bearer ${token}` }, agent: false as const };
        get(`${api.url}/api/v1/services`, options, (response) => {
          response.resume();
          resolve(response.statusCode);
        }).on('error', reject);
      });
    expect(await request('wrong')).toBe(401);
    expect(await request('secret')).toBe(200);
    api.token = 'other';
    expect(await request('secret')).toBe(401);
  });

  it('says what it saw when a condition never comes true', async () => {
    await start();
    await ask('/api/v1/services?limit=1');
    await expect(api.until(() => false, 'a miracle', 20)).rejects.toThrow(
      'a miracle: not so after 20 ms; 1 requests, the last ones: /api/v1/services?limit=1',
    );
  });
});

it('listens at the port that is asked for, or says that it is taken', async () => {
  await start();
  const port = Number(new URL(api.url).port);
  await expect(createFakeApiServer({ port, bookmarkMs: 1 })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await api.close();
  await start({ port });
  expect(new URL(api.url).port).toBe(String(port));
});

it('a kind that there is not is no kind without objects', async () => {
  await start();
  expect(() => api.list('Servce')).toThrow('knows no Servce');
  await expect(api.watch('Servce')).rejects.toMatchObject({ code: 'LBX_TESTING_OBJECT' });
});
