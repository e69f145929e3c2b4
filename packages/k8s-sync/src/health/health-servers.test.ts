import { createServer } from 'node:net';
import { freePorts } from '@lbx/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { endpoint, service, slice } from '../../test/objects.ts';
import { deletion, translatorWith, upsert } from '../../test/translating.ts';
import { createHealthServers, type HealthServers, type HealthServersOptions } from './health-servers.ts';

/** A port that nobody else is given as long as this process runs. */
const freePort = async () => (await freePorts(1))[0]!;

async function takePort() {
  const port = await freePort();
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return { port, release: () => new Promise<void>((resolve) => server.close(() => resolve())) };
}

const balanced = (name: string, healthCheckNodePort: number, spec: object = {}) =>
  service(
    {
      type: 'LoadBalancer',
      clusterIP: `198.51.100.${healthCheckNodePort % 250}`,
      externalTrafficPolicy: 'Local',
      healthCheckNodePort,
      ...spec,
    },
    { name },
  );
const local = (name: string, count: number) =>
  slice(
    Array.from({ length: count }, (_, i) => endpoint(`192.0.2.${50 + i}`, { nodeName: 'node-a' })),
    { name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
  );
const node = (fields: { metadata?: object; spec?: object } = {}) => ({
  kind: 'Node',
  metadata: { name: 'node-a', ...fields.metadata },
  spec: fields.spec,
});

/** Only loopback serves NodePorts: nothing outside of this machine is asked, or told. */
const onLoopback = { nodeIPs: [], nodePortAddresses: ['127.0.0.0/8', '2001:db8::/32'] };
let servers: HealthServers | undefined;
afterEach(async () => {
  await servers?.close();
  servers = undefined;
});

async function start(options: HealthServersOptions, ...objects: object[]) {
  const own = { address: '127.0.0.1', port: await freePort() };
  const translator = translatorWith(onLoopback, ...objects);
  const created = createHealthServers({ bind: [own], retryMs: 5, ...options });
  servers = created;
  created.follow(translator);
  await created.tried();
  const tell = async (...events: Parameters<typeof translator.apply>[0][]) => {
    for (const event of events) translator.apply(event);
    created.follow(translator);
    await created.tried();
  };
  return { servers: created, tell, url: (path: string) => `http://127.0.0.1:${own.port}${path}` };
}

async function ask(
  where: string | number,
  init?: RequestInit,
): Promise<{ status: number; text: string; headers: Headers }> {
  const url = typeof where === 'number' ? `http://127.0.0.1:${where}/` : where;
  const response = await fetch(url, { ...init, headers: { connection: 'close' } });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

const refused = (port: number) =>
  expect(ask(port)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });

const until = (test: () => Promise<boolean> | boolean): Promise<void> => expect.poll(test).toBe(true);

describe('health checks of Services', () => {
  it('follow the endpoints of this node, on any path and by any method', async () => {
    const port = await freePort();
    const { tell, servers } = await start({}, balanced('web', port), local('web', 2));
    const first = await ask(`http://127.0.0.1:${port}/any/path?x=1`);
    expect(first.status).toBe(200);
    expect(first.text).toBe(
      '{\n\t"service": {\n\t\t"namespace": "default",\n\t\t"name": "web"\n\t},\n\t"localEndpoints": 2,\n\t"serviceProxyHealthy": true\n}',
    );
    expect(first.headers.get('content-type')).toBe('application/json');
    expect(first.headers.get('x-content-type-options')).toBe('nosniff');
    expect(first.headers.get('x-load-balancing-endpoint-weight')).toBe('2');
    expect(await ask(port, { method: 'POST', body: 'x' })).toMatchObject({ status: 200, text: first.text });
    expect(await ask(port, { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
    await tell(upsert(local('web', 0)));
    const last = await ask(port);
    expect([last.status, last.headers.get('x-load-balancing-endpoint-weight')]).toEqual([503, '0']);
    expect(servers.problems()).toEqual([]);
  });

  it('open, move and close with the Service', async () => {
    const [one, two] = [await freePort(), await freePort()];
    const { tell } = await start({}, balanced('web', one), local('web', 1));
    expect((await ask(one)).status).toBe(200);
    await tell(upsert(balanced('web', two)));
    await until(() =>
      ask(one).then(
        () => false,
        () => true,
      ),
    );
    expect((await ask(two)).status).toBe(200);
    await tell(upsert(balanced('web', two, { externalTrafficPolicy: 'Cluster' })));
    await until(() =>
      ask(two).then(
        () => false,
        () => true,
      ),
    );
    await tell(upsert(balanced('web', two)));
    expect((await ask(two)).status).toBe(200);
    await tell(deletion(balanced('web', two)));
    await until(() =>
      ask(two).then(
        () => false,
        () => true,
      ),
    );
    await refused(one);
  });

  it('go on at a port that another Service takes over in the same moment', async () => {
    const port = await freePort();
    const { tell, servers } = await start({}, balanced('web', port), local('web', 1));
    await tell(deletion(balanced('web', port)), upsert(balanced('other', port)), upsert(local('other', 3)));
    expect(JSON.parse((await ask(port)).text)).toMatchObject({
      service: { name: 'other' },
      localEndpoints: 3,
    });
    expect(servers.problems()).toEqual([]);
  });

  it('of two Services with one port are answered for the first by name, and the other is a problem', async () => {
    const port = await freePort();
    const messages: string[] = [];
    const onProblem = (problem: Error) => messages.push(problem.message);
    const { tell, servers } = await start({ onProblem }, balanced('web', port), balanced('also', port));
    expect(JSON.parse((await ask(port)).text)).toMatchObject({ service: { name: 'also' } });
    await tell(upsert(local('web', 1)));
    expect(messages).toEqual([
      `health checks of Service default/web cannot be served on 127.0.0.1:${port}: Service default/also has the same healthCheckNodePort; give one of them another`,
    ]);
    await tell(deletion(balanced('also', port)));
    expect(JSON.parse((await ask(port)).text)).toMatchObject({ service: { name: 'web' } });
    expect(servers.problems()).toEqual([]);
  });

  it('wait for a port that somebody else has, and disturb nothing meanwhile', async () => {
    const taken = await takePort();
    const other = await freePort();
    const problems: Error[] = [];
    const onProblem = (problem: Error) => problems.push(problem);
    const { servers, url } = await start(
      { onProblem, needsNode: false },
      balanced('web', taken.port),
      balanced('other', other),
      local('web', 1),
      local('other', 1),
    );
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ code: 'LBX_HEALTH_PORT', address: '127.0.0.1', port: taken.port });
    expect(problems[0]?.message).toContain(
      `health checks of Service default/web cannot be served on 127.0.0.1:${taken.port}: another process (or Service) has the port; find it by 'ss -ltnp sport = :${taken.port}'`,
    );
    expect(servers.problems()).toEqual(problems);
    expect((await ask(other)).status).toBe(200);
    expect((await ask(url('/healthz'))).status).toBe(200);
    await taken.release();
    await until(() => servers.problems().length === 0);
    expect((await ask(taken.port)).status).toBe(200);
    // Many attempts, one report.
    expect(problems).toHaveLength(1);
  });

  it('are told nothing more after close(), also when a port is waited for', async () => {
    const taken = await takePort();
    const port = await freePort();
    const { servers, url } = await start({}, balanced('web', taken.port), balanced('also', port));
    await servers.close();
    await taken.release();
    await refused(port);
    await refused(taken.port);
    await expect(ask(url('/livez'))).rejects.toThrow();
  });
});

describe('/healthz, /livez and /readyz', () => {
  it('tell of a node that is unknown, there, tainted, being deleted, gone', async () => {
    const { tell, url } = await start({});
    const status = async () => [
      (await ask(url('/healthz'))).status,
      (await ask(url('/livez?verbose'))).status,
    ];
    expect(await status()).toEqual([503, 200]);
    expect((await ask(url('/readyz'))).status).toBe(503);
    await tell(upsert(node()));
    expect(await status()).toEqual([200, 200]);
    await tell(
      upsert(node({ spec: { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] } })),
    );
    expect(await status()).toEqual([503, 200]);
    expect(JSON.parse((await ask(url('/healthz'))).text)).toMatchObject({
      nodeEligible: false,
      healthy: true,
    });
    await tell(upsert(node({ spec: { taints: [{ key: 'other', effect: 'NoSchedule' }] } })));
    expect(await status()).toEqual([200, 200]);
    await tell(upsert(node({ metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } })));
    expect(await status()).toEqual([503, 200]);
    await tell(upsert(node()), deletion(node()));
    expect(await status()).toEqual([503, 200]);
  });

  it('tell of a proxy that does not keep up, and so do the health checks of Services', async () => {
    const port = await freePort();
    const { servers, url, tell } = await start(
      { syncPeriodMs: 0 },
      balanced('web', port),
      local('web', 1),
      node(),
    );
    servers.updated();
    expect((await ask(url('/healthz'))).status).toBe(200);
    const { status } = JSON.parse((await ask(url('/livez'))).text);
    expect(Object.keys(status)).toEqual(['IPv4', 'IPv6']);
    servers.queued();
    expect((await ask(url('/healthz'))).status).toBe(503);
    expect((await ask(url('/livez'))).status).toBe(503);
    const answer = await ask(port);
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.text)).toMatchObject({ localEndpoints: 1, serviceProxyHealthy: false });
    servers.updated();
    await tell();
    expect((await ask(port)).status).toBe(200);
  });

  it('are all there is', async () => {
    const { url } = await start({ needsNode: false });
    expect(await ask(url('/'))).toMatchObject({ status: 404, text: '404 page not found\n' });
    expect((await ask(url('/healthz/'))).status).toBe(404);
    expect((await ask(url('/healthz'))).status).toBe(200);
  });

  it('can be switched off', async () => {
    const { servers } = await start({ bind: [] });
    expect(servers.problems()).toEqual([]);
  });
});
