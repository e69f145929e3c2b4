import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type AllowsRight, answerReview, isReview, refuseRight, rightOf } from './access-rights.ts';
import { answerList } from './answer-list.ts';
import { beginWatch, refuseWatch, type StreamingLists } from './begin-watch.ts';
import { Conditions } from './conditions.ts';
import { type ActiveFault, type FakeAnswer, type FakeFault, FaultList } from './fake-fault.ts';
import type { FakeObject } from './fake-object.ts';
import { type FakeRequest, verbOf } from './fake-request.ts';
import { builtInResources, type FakeResource, type FakeTarget, targetOf } from './fake-resource.ts';
import { type FakeWatch, OpenWatch } from './fake-watch.ts';
import { ObjectStore } from './object-store.ts';
import { beginBody } from './response-body.ts';
import { parseSelectors, type Selector, UnknownSelector } from './selector.ts';
import { type Certificate, selfSignedCertificate } from './self-signed-certificate.ts';
import { sendJson, sendStatus } from './status-object.ts';

export interface FakeApiServerOptions {
  /** Where it listens on 127.0.0.1; without, a port that is free. Taken by another: EADDRINUSE. */
  readonly port?: number;
  /** Kinds besides Service, EndpointSlice, Node, Pod, Namespace and ConfigMap; one that is built in is replaced. */
  readonly resources?: readonly FakeResource[];
  /** https, with a certificate made for this server (`ca` has it), or with a given one. */
  readonly tls?: boolean | Certificate;
  /** Bearer token that requests must have; without, anybody may ask. */
  readonly token?: string;
  /** What its clients may do, also as answer to a SelfSubjectAccessReview; without, everything. */
  readonly allows?: AllowsRight;
  /** How lists as streams (`sendInitialEvents`) are answered: `served` unless said. */
  readonly streamingLists?: StreamingLists;
  /** How a watch learns that its version is forgotten: by HTTP status 410 (`status`), or by an ERROR event. */
  readonly goneAs?: 'status' | 'event';
  /** A bookmark to every watch so often; without, only bookmark() sends them. */
  readonly bookmarkMs?: number;
}

/** A running fake API server. */
export interface FakeApiServer extends AsyncDisposable {
  /** "http://127.0.0.1:40123" */
  readonly url: string;
  /** PEM of the authority for https; undefined without TLS. */
  readonly ca: string | undefined;
  readonly requests: readonly FakeRequest[];
  /** Watches that are open now, oldest first. */
  readonly watches: readonly FakeWatch[];
  /** The version of the last change. */
  readonly resourceVersion: string;
  /** May be changed while it runs. */
  token: string | undefined;
  streamingLists: StreamingLists;
  goneAs: 'status' | 'event';
  /** Adds or replaces objects; whoever watches is told. @returns the last one as it is stored. */
  put(...objects: readonly object[]): FakeObject;
  /** Removes an object ("" as the namespace of a Node); whoever watches is told. @returns whether it existed. */
  delete(kind: string, namespace: string, name: string): boolean;
  list(kind: string): readonly FakeObject[];
  /** Requests so far, of one verb and kind. */
  requestsFor(verb: FakeRequest['verb'], kind: string): readonly FakeRequest[];
  /** The newest open watch of a kind, as soon as there is one. */
  watch(kind: string): Promise<FakeWatch>;
  /** Sends a bookmark to every watch that asked for them. */
  bookmark(resourceVersion?: string): void;
  /**
   * Forgets the past: whoever watches from a version before this moment gets 410. As in a busy cluster, the version has
   * moved on by then, so that this concerns every client that has no newer bookmark.
   */
  compact(): void;
  /** Some request goes wrong. */
  fault(fault: FakeFault): ActiveFault;
  /** Resolves when `test` is true; looked at on each request and when a watch ends. @throws TestingError (LBX_TESTING_TIMEOUT) */
  until(test: () => unknown, what?: string, deadlineMs?: number): Promise<void>;
  /** Stops listening and breaks all connections; its objects stay. */
  stop(): Promise<void>;
  /** Listens again, at the same address. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts an HTTP server on 127.0.0.1 that lists and watches as kube-apiserver does, of objects that the test puts there,
 * and that does on command what a real one does by accident (see {@link FakeFault} and {@link FakeWatch}).
 */
export async function createFakeApiServer(options: FakeApiServerOptions = {}): Promise<FakeApiServer> {
  const given = options.resources ?? [];
  const replaced = new Set(given.map((resource) => resource.kind));
  const resources = [...given, ...builtInResources.filter(({ kind }) => !replaced.has(kind))];
  const store = new ObjectStore(resources);
  const faults = new FaultList();
  const conditions = new Conditions();
  const requests: FakeRequest[] = [];
  const watches = new Set<OpenWatch>();
  const certificate =
    options.tls === true ? selfSignedCertificate() : options.tls === false ? undefined : options.tls;
  const { allows = () => true } = options;
  let { token } = options;
  let streamingLists = options.streamingLists ?? 'served';
  let goneAs = options.goneAs ?? 'status';
  let server: Server | undefined;
  let { port = 0 } = options;

  const answer = (incoming: IncomingMessage, response: ServerResponse) => {
    const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
    const target = targetOf(url.pathname, resources);
    const request: FakeRequest = {
      method: incoming.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      authorization: incoming.headers.authorization,
      verb: verbOf(target, url.searchParams),
      kind: target?.resource.kind ?? '',
      at: performance.now(),
      clientPort: incoming.socket.remotePort ?? 0,
    };
    requests.push(request);
    const fault = faults.take(request);
    if (fault === undefined || !answerWrongly(fault, request, response))
      serve(request, incoming, target, response, fault);
    conditions.changed();
  };

  const serve = (
    request: FakeRequest,
    incoming: IncomingMessage,
    target: FakeTarget | undefined,
    response: ServerResponse,
    fault: FakeAnswer | undefined,
  ) => {
    if (token !== undefined && request.authorization !== `Bearer ${token}`)
      return sendStatus(response, 401, 'Unauthorized');
    if (isReview(request)) return void answerReview(incoming, response, allows);
    if (request.path === '/version') return sendJson(response, 200, { gitVersion: 'v1.0.0-fake' });
    if (target === undefined) return sendStatus(response, 404, `the server has no ${request.path}`);
    const { resource, namespace, name } = target;
    const right = rightOf(request, target);
    if (!allows(right)) return refuseRight(response, right);
    if (request.verb === 'get') {
      const object = store.get(resource.kind, namespace ?? '', name ?? '');
      return object === undefined
        ? sendStatus(response, 404, `${resource.plural} "${name}" not found`)
        : sendJson(response, 200, object);
    }
    let selected: Selector;
    try {
      selected = parseSelectors(request.query, resource);
    } catch (error) {
      if (!(error instanceof UnknownSelector)) throw error;
      return sendStatus(response, 400, error.message);
    }
    const isWanted: Selector = (object) =>
      (namespace === undefined || object.metadata.namespace === namespace) && selected(object);
    if (request.verb === 'watch') return openWatch(request, resource, isWanted, response, fault);
    const listed = answerList(store, resource, request.query, isWanted);
    if (!('list' in listed)) return sendStatus(response, listed.code, listed.message, listed);
    const body = beginBody(response, fault);
    body.write(JSON.stringify(listed.list));
    body.end();
  };

  const openWatch = (
    request: FakeRequest,
    resource: FakeResource,
    isWanted: Selector,
    response: ServerResponse,
    fault: FakeAnswer | undefined,
  ) => {
    const refusal = refuseWatch(store, request.query, streamingLists, goneAs);
    if (refusal !== undefined && !refusal.event)
      return sendStatus(response, refusal.code, refusal.message, refusal);
    const body = beginBody(response, fault);
    const watch = new OpenWatch(request, resource, isWanted, body, () => store.version);
    if (refusal !== undefined) return watch.fail(refusal.code, refusal.reason, refusal.message);
    watches.add(watch);
    const seconds = Number(request.query.get('timeoutSeconds') ?? 1800);
    const timeout = setTimeout(() => watch.end(), seconds * 1000);
    response.on('close', () => {
      clearTimeout(timeout);
      watches.delete(watch);
      conditions.changed();
    });
    beginWatch(watch, store, request.query, streamingLists);
  };

  const bookmark = (resourceVersion?: string) => {
    for (const watch of watches) if (watch.wantsBookmarks) watch.bookmark(resourceVersion);
  };

  const listen = async () => {
    const made = certificate === undefined ? createServer(answer) : createTlsServer(certificate, answer);
    await new Promise<void>((resolve, reject) => {
      made.once('error', reject);
      made.listen(port, '127.0.0.1', resolve);
    });
    server = made;
    port = (made.address() as AddressInfo).port;
  };

  const stop = async () => {
    const running = server;
    server = undefined;
    if (running === undefined) return;
    const closed = new Promise<void>((resolve) => running.close(() => resolve()));
    running.closeAllConnections();
    await closed;
  };

  store.onEvent((event) => {
    for (const watch of watches) if (watch.kind === event.kind) watch.happened(event);
  });
  await listen();
  const bookmarks =
    options.bookmarkMs === undefined ? undefined : setInterval(() => bookmark(), options.bookmarkMs);
  const close = async () => {
    clearInterval(bookmarks);
    await stop();
  };

  const until: FakeApiServer['until'] = (test, what = 'the condition', deadlineMs = 60_000) => {
    const found = () => {
      const last = requests.slice(-8).map((request) => `${request.path}?${request.query}`);
      return `${requests.length} requests, the last ones: ${last.join(' ') || 'none'}`;
    };
    return conditions.until(test, what, found, deadlineMs);
  };

  return {
    get url() {
      return `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
    },
    get resourceVersion() {
      return String(store.version);
    },
    get watches() {
      return [...watches].filter((watch) => watch.isOpen);
    },
    get token() {
      return token;
    },
    set token(next) {
      token = next;
    },
    get streamingLists() {
      return streamingLists;
    },
    set streamingLists(next) {
      streamingLists = next;
    },
    get goneAs() {
      return goneAs;
    },
    set goneAs(next) {
      goneAs = next;
    },
    ca: certificate?.cert,
    requests,
    put: (...objects) => objects.map((object) => store.put(object)).at(-1)!,
    delete: (kind, namespace, name) => store.delete(kind, namespace, name),
    list: (kind) => store.list(kind),
    requestsFor: (verb, kind) => requests.filter((request) => request.verb === verb && request.kind === kind),
    async watch(kind) {
      // Nobody will ever watch a kind that there is not.
      store.list(kind);
      const find = () => [...watches].findLast((watch) => watch.kind === kind && watch.isOpen);
      await until(find, `an open watch of ${kind}`);
      return find()!;
    },
    bookmark,
    compact() {
      store.advance();
      store.compact();
    },
    fault: (fault) => faults.add(fault),
    until,
    stop,
    restart: listen,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** @returns false if the answer begins as it should (what is wrong is further on). */
function answerWrongly(fault: FakeAnswer, request: FakeRequest, response: ServerResponse): boolean {
  if ('status' in fault) sendStatus(response, fault.status, fault.message ?? 'as the test wants it', fault);
  else if ('reset' in fault) response.socket?.resetAndDestroy();
  else if ('respond' in fault) fault.respond(request, response);
  else if ('body' in fault) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write(fault.body);
    if (fault.end !== false) response.end();
  } else return 'never' in fault;
  return true;
}
