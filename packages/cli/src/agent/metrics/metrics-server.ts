import { createServer, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Registry } from 'prom-client';
import { CliError } from '../../cli-error.ts';

/** Where metrics are served. */
export interface MetricsServer {
  /** Every place has been tried at least once. */
  readonly tried: Promise<unknown>;
  close(): Promise<void>;
}

export interface MetricsServerOptions {
  readonly bind: readonly { readonly address: string; readonly port: number }[];
  readonly registry: Registry;
  /** Beside metrics, what is told as JSON to this machine only, by path. */
  readonly pages?: Readonly<Record<string, () => unknown>>;
  /** Told once as long as a place cannot be had; it is tried again. */
  readonly onProblem: (problem: Error) => void;
  /** 5 s when absent. */
  readonly retryMs?: number;
}

/** Serves /metrics. A port that somebody else has is a problem, and tried again; the agent works without. */
export function startMetricsServer(options: MetricsServerOptions): MetricsServer {
  let scrape: Promise<string> | undefined;
  /** Of those who ask at the same time, all get the same answer. */
  const read = () => {
    scrape ??= options.registry.metrics().finally(() => {
      scrape = undefined;
    });
    return scrape;
  };
  const places = options.bind.map((place) => openPlace(place, read, options));
  return {
    tried: Promise.all(places.map(({ tried }) => tried)),
    close: async () => void (await Promise.all(places.map((place) => place.close()))),
  };
}

function openPlace(
  { address, port }: MetricsServerOptions['bind'][number],
  read: () => Promise<string>,
  { registry, onProblem, pages = {}, retryMs = 5000 }: MetricsServerOptions,
) {
  const server = createServer((request, response) => {
    request.resume();
    const path = request.url?.split('?')[0];
    const page = path !== undefined && Object.hasOwn(pages, path) ? pages[path] : undefined;
    if (path !== '/metrics' && (page === undefined || !isLocal(request.socket)))
      return answer(response, 404, 'metrics are at /metrics\n');
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, 'GET only\n');
    if (page !== undefined) return answer(response, 200, JSON.stringify(page()), 'application/json');
    read().then(
      (text) => answer(response, 200, text, registry.contentType),
      (error: Error) => {
        onProblem(new Error(`metrics cannot be read: ${error.message}`, { cause: error }));
        answer(response, 500, 'metrics cannot be read; the log of the agent says why\n');
      },
    );
  });
  server.requestTimeout = 10_000;
  let retry: NodeJS.Timeout | undefined;
  let closed = false;
  const { promise: tried, resolve } = Promise.withResolvers<void>();
  const listen = () => server.listen({ host: address, port, ipv6Only: address === '::', exclusive: true });
  server.on('listening', resolve);
  server.on('error', (cause: NodeJS.ErrnoException) => {
    resolve();
    if (closed) return;
    const why = cause.code === 'EADDRINUSE' ? 'somebody else has the port' : cause.message;
    onProblem(
      new CliError(
        'LBX_METRICS_PORT',
        `metrics cannot be served on ${address} port ${port}: ${why}; it is tried again, or choose another place with --metrics-bind-address`,
        { cause },
      ),
    );
    retry = setTimeout(listen, retryMs).unref();
  });
  listen();
  return {
    tried,
    async close() {
      closed = true;
      clearTimeout(retry);
      server.closeAllConnections();
      if (server.listening) await new Promise((done) => server.close(done));
    },
  };
}

/** From this machine: loopback addresses reach nobody else. */
function isLocal({ remoteAddress = '' }: Socket): boolean {
  const address = remoteAddress.replace(/^::ffff:/, '');
  return address === '::1' || address.startsWith('127.');
}

function answer(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8') {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}
