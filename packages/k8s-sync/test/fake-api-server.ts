import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request that the fake server got. */
export interface FakeRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
}

/** A watch that a client has open. */
export interface FakeWatch {
  readonly path: string;
  readonly resourceVersion: string;
  send(event: object): void;
  /** Any bytes. */
  write(text: string): void;
  /** Ends it as a server does whose timeout is over. */
  end(): void;
  /** Cuts the connection. */
  cut(): void;
}

export type FakeHandler = (request: FakeRequest, response: ServerResponse) => boolean;

/**
 * An HTTP server that answers lists from `objects` and holds watches open, with a hook that may answer instead. It does
 * on command what a real API server does by accident.
 */
export class FakeApiServer {
  readonly requests: FakeRequest[] = [];
  /** Path → objects of a list. */
  readonly objects = new Map<string, object[]>();
  resourceVersion = '100';
  /** Answers a request by itself if it returns true. */
  intercept: FakeHandler = () => false;
  /** Items a page, when the client asks for pages. */
  pages = true;
  readonly #server: Server;
  readonly #watches = new Set<FakeWatch>();
  #waiting: { readonly test: () => unknown; readonly resolve: () => void }[] = [];

  private constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  static async start(): Promise<FakeApiServer> {
    const fake = new FakeApiServer();
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get lists(): FakeRequest[] {
    return this.requests.filter((request) => !request.query.has('watch'));
  }

  get watchRequests(): FakeRequest[] {
    return this.requests.filter((request) => request.query.has('watch'));
  }

  /** The open watch of a path, as soon as there is one. */
  async watch(path: string): Promise<FakeWatch> {
    const find = () => [...this.#watches].find((watch) => watch.path === path);
    await this.until(find);
    return find()!;
  }

  /** Resolves when `test` is true; looked at on every request and every change of the watches. */
  until(test: () => unknown): Promise<void> {
    if (test()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ test, resolve }));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #answer(incoming: IncomingMessage, response: ServerResponse): void {
    const url = new URL(incoming.url ?? '/', this.url);
    const request = {
      path: url.pathname,
      query: url.searchParams,
      authorization: incoming.headers.authorization,
    };
    this.requests.push(request);
    if (!this.intercept(request, response)) {
      if (request.query.has('watch')) this.#openWatch(request, response);
      else this.#list(request, response);
    }
    this.#changed();
  }

  #list({ path, query }: FakeRequest, response: ServerResponse): void {
    const all = this.objects.get(path) ?? [];
    const start = Number(query.get('continue') ?? 0);
    const limit =
      this.pages && query.get('resourceVersion') !== '0'
        ? Number(query.get('limit') ?? all.length)
        : all.length;
    const more = start + limit < all.length ? String(start + limit) : undefined;
    respondJson(response, 200, {
      kind: 'List',
      apiVersion: 'v1',
      metadata: { resourceVersion: this.resourceVersion, ...(more === undefined ? {} : { continue: more }) },
      items: all.slice(start, start + limit),
    });
  }

  #openWatch({ path, query }: FakeRequest, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const watch: FakeWatch = {
      path,
      resourceVersion: query.get('resourceVersion') ?? '',
      send: (event) => response.write(`${JSON.stringify(event)}\n`),
      write: (text) => response.write(text),
      end: () => response.end(),
      cut: () => response.destroy(),
    };
    this.#watches.add(watch);
    response.on('close', () => {
      this.#watches.delete(watch);
      this.#changed();
    });
  }

  #changed(): void {
    this.#waiting = this.#waiting.filter(({ test, resolve }) => {
      if (!test()) return true;
      resolve();
      return false;
    });
  }
}

export function respondJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
