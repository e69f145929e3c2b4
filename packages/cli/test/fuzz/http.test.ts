import { connect } from 'node:net';
import { createHealthServers } from '@lbx/k8s-sync';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePorts } from '../../../testing/src/cluster/free-ports.ts';
import { startMetricsServer } from '../../src/agent/metrics/metrics-server.ts';
import { expectNoPollution, fuzzAsync, fuzzMs, mutated } from './fuzz.ts';

const requests = [
  'GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  'GET /healthz?x=%2e HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  'HEAD /livez HTTP/1.0\r\n\r\n',
  'POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: close\r\n\r\nabcd',
  'GET /page HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nab\r\n0\r\n\r\n',
  'GET http://192.0.2.1/metrics HTTP/1.1\r\nHost: 192.0.2.1\r\nUpgrade: h2c\r\nConnection: close\r\n\r\n',
];
const servers: Record<string, { port: number; close: () => unknown }> = {};

beforeAll(async () => {
  const [metrics = 0, health = 0] = await freePorts(2);
  const at = (port: number) => [{ address: '127.0.0.1', port }];
  const pages = { '/page': () => ({ a: 1 }) };
  const onProblem = (problem: Error) => expect.unreachable(problem.message);
  const server = startMetricsServer({ bind: at(metrics), registry: new Registry(), pages, onProblem });
  await server.tried;
  servers.metrics = { port: metrics, close: () => server.close() };
  const healthServers = createHealthServers({ bind: at(health), onProblem });
  await healthServers.tried();
  servers.health = { port: health, close: () => healthServers.close() };
});
afterAll(() => Promise.all(Object.values(servers).map(({ close }) => close())));

/** All that comes back for these bytes, until the server ends it. */
function ask(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('data', (chunk) => chunks.push(chunk));
    // A server may refuse by ending before it has read everything.
    socket.on('error', (error: NodeJS.ErrnoException) =>
      /ECONNRESET|EPIPE/.test(error.code ?? '') ? undefined : reject(error),
    );
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
    socket.end(Buffer.from(text, 'latin1'));
  });
}

it.each(['metrics', 'health'])(
  'the %s server answers nearly a request with a status, or ends it, and goes on',
  { timeout: fuzzMs },
  async (name) => {
    const { port } = servers[name]!;
    const good = name === 'metrics' ? '/metrics' : '/livez';
    await fuzzAsync(
      fc.array(mutated(requests), { minLength: 1, maxLength: 2 }),
      async (texts) => {
        const answer = await ask(port, texts.join(''));
        if (answer !== '') expect(answer).toMatch(/^HTTP\/1\.[01] [2345]\d\d /);
        expect(answer).not.toMatch(/\bat .*\.[jt]s:\d+/);
        expectNoPollution();
      },
      1_000,
    );
    expect(await ask(port, `GET ${good} HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
  },
);
