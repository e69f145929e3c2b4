import { dirname } from 'node:path';
import type { Cluster, KubeConfig } from '@kubernetes/client-node';
import type { Dispatcher } from 'undici';
import { KubeconfigError } from '../../errors.ts';
import { readKubeconfigFiles } from './kubeconfig-files.ts';
import { kubeconfigTokenFiles } from './kubeconfig-token-files.ts';

interface KubeconfigAccess {
  /** A kubeconfig file, or "default": $KUBECONFIG, ~/.kube/config, or the service account inside a pod. */
  readonly kubeconfig: string;
  /** Context of the kubeconfig; the current one if absent. */
  readonly context?: string;
}

/** How to reach an API server. */
export type ClusterAccess =
  | KubeconfigAccess
  | {
      /** "https://192.0.2.10:6443" */
      readonly server: string;
      /** Bearer token; a function is asked before every request, so that tokens can change. */
      readonly token?: string | (() => string | Promise<string>);
      /** PEM of the authority that signed the server's certificate; a function is asked as that of `token` is. */
      readonly ca?: string | Buffer | (() => string | Buffer | Promise<string | Buffer>);
    };

/** What one request needs; asked for anew each time, because tokens and certificates change. */
export interface ClusterRequestContext {
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
}

/** Authentication and TLS towards one API server. */
export interface ClusterConnection {
  /** Base URL without a slash at the end. */
  readonly server: string;
  context(): Promise<ClusterRequestContext>;
  /** The server did not accept the credentials, or is not trusted: what was remembered of them is read anew for the next request. */
  refused(): void;
  close(): Promise<void>;
}

interface TlsOptions {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly pfx?: string | Buffer;
  readonly passphrase?: string;
  readonly rejectUnauthorized?: boolean;
  readonly servername?: string;
}

/** An idle connection says after so long that it is alive; a dead one is found, whatever else is asked of it. */
const keepAliveMs = 30_000;

/** Reads the access data. @throws KubeconfigError (LBX_KUBECONFIG) if they do not name a server. */
export async function openClusterConnection(
  access: ClusterAccess,
  connectTimeoutMs: number,
): Promise<ClusterConnection> {
  if ('kubeconfig' in access) return kubeconfigConnection(access, connectTimeoutMs);
  const { server, token, ca } = access;
  const agents = new AgentCache(await loadUndici(), undefined, connectTimeoutMs);
  return {
    server: baseUrl(server),
    async context() {
      const bearer = typeof token === 'function' ? await token() : token;
      return {
        headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer.trim()}` },
        dispatcher: agents.get(ca === undefined ? {} : { ca: typeof ca === 'function' ? await ca() : ca }),
      };
    },
    refused: () => {},
    close: () => agents.close(),
  };
}

/** Contexts, exec plugins, token files, client certificates: all of that is @kubernetes/client-node's business. */
async function kubeconfigConnection(
  access: KubeconfigAccess,
  connectTimeoutMs: number,
): Promise<ClusterConnection> {
  // Loaded only here: it is large, and sources without a kubeconfig do without.
  const { KubeConfig } = await import('@kubernetes/client-node');
  const what = access.kubeconfig === 'default' ? 'the default kubeconfig' : `kubeconfig ${access.kubeconfig}`;
  const load = () => {
    try {
      return loadKubeconfig(new KubeConfig(), access);
    } catch (cause) {
      throw new KubeconfigError(`${what} cannot be read: ${messageOf(cause)}`, cause);
    }
  };
  let config: ReturnType<typeof load> | undefined = load();
  const cluster = currentCluster(config, what);
  const agents = new AgentCache(await loadUndici(), cluster.proxyUrl, connectTimeoutMs);
  return {
    server: baseUrl(cluster.server),
    async context() {
      config ??= load();
      const options: TlsOptions & { headers?: Record<string, unknown>; auth?: string | null } = {};
      await config.applyToHTTPSOptions(options as Parameters<typeof config.applyToHTTPSOptions>[0]);
      const headers: Record<string, string> = {};
      for (const [name, value] of Object.entries(options.headers ?? {}))
        headers[name.toLowerCase()] = String(value).trim();
      if (options.auth) headers.authorization ??= `Basic ${Buffer.from(options.auth).toString('base64')}`;
      return { headers, dispatcher: agents.get(options) };
    },
    // Tokens of files, plugins and the kubeconfig itself are remembered by client-node for as long as they seem good.
    refused() {
      config = undefined;
    },
    close: () => agents.close(),
  };
}

/** Nothing is started or asked by that: plugins are, when a request needs a token. */
function loadKubeconfig(config: KubeConfig, { kubeconfig, context }: KubeconfigAccess): KubeConfig {
  const files = readKubeconfigFiles(kubeconfig);
  const [text] = files.values();
  if (kubeconfig === 'default') config.loadFromDefault();
  else {
    config.loadFromString(text ?? '');
    config.makePathsAbsolute(dirname(kubeconfig));
  }
  if (context !== undefined) config.setCurrentContext(context);
  // For http client-node insists on skipTLSVerify, which says nothing there (kubectl proxy, test servers).
  config.clusters = config.clusters.map((known) =>
    known.server.startsWith('http:') ? { ...known, skipTLSVerify: true } : known,
  );
  const tokenFiles = kubeconfigTokenFiles(files);
  config.users = config.users.map((user) => {
    const tokenFile = tokenFiles.get(user.name);
    if (tokenFile === undefined) return user;
    const { token: _token, ...rest } = user;
    return { ...rest, authProvider: { name: 'tokenFile', config: { tokenFile } } };
  });
  return config;
}

function currentCluster(config: KubeConfig, what: string): Cluster {
  const cluster = config.getCurrentCluster();
  if (cluster !== null) return cluster;
  const known = config.getContexts().map((context) => context.name);
  throw new KubeconfigError(
    `${what} has no cluster for context ${JSON.stringify(config.getCurrentContext() ?? '')}; its contexts are: ${known.join(', ') || 'none'}`,
  );
}

type Undici = typeof import('undici');

/** Only here and where requests are made: whoever needs no API server is spared the time that loading it takes. */
const loadUndici = (): Promise<Undici> => import('undici');

/** One connection pool as long as the TLS options stay the same; a new one when a certificate was renewed. */
class AgentCache {
  readonly #undici: Undici;
  readonly #proxy: string | undefined;
  readonly #connectTimeoutMs: number;
  #current: { readonly key: string; readonly dispatcher: Dispatcher } | undefined;

  constructor(undici: Undici, proxy: string | undefined, connectTimeoutMs: number) {
    if (proxy !== undefined && !/^https?:/.test(proxy)) {
      throw new KubeconfigError(`proxy-url ${proxy} is not supported, only http and https proxies are`);
    }
    this.#undici = undici;
    this.#proxy = proxy;
    this.#connectTimeoutMs = connectTimeoutMs;
  }

  get(options: TlsOptions): Dispatcher {
    const tls = pickTls(options);
    const key = JSON.stringify(Object.entries(tls).map(([name, value]) => [name, String(value)]));
    if (this.#current?.key === key) return this.#current.dispatcher;
    // Requests that run on the old pool are let finish: close() waits for them.
    this.#current?.dispatcher.close().catch(() => {});
    const connect = {
      ...tls,
      timeout: this.#connectTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveMs,
    };
    // No HTTP/2: all watches would share one connection, and a dead one would outlive the watches that are given up.
    const { Agent, ProxyAgent } = this.#undici;
    const dispatcher =
      this.#proxy === undefined
        ? new Agent({ connect, allowH2: false })
        : new ProxyAgent({ uri: this.#proxy, requestTls: tls, connect, allowH2: false });
    this.#current = { key, dispatcher };
    return dispatcher;
  }

  async close(): Promise<void> {
    const dispatcher = this.#current?.dispatcher;
    this.#current = undefined;
    await dispatcher?.destroy();
  }
}

function pickTls(options: TlsOptions): TlsOptions {
  const names = ['ca', 'cert', 'key', 'pfx', 'passphrase', 'rejectUnauthorized', 'servername'] as const;
  return Object.fromEntries(
    names.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])),
  );
}

function baseUrl(server: string): string {
  let url: URL;
  try {
    url = new URL(server);
  } catch (cause) {
    throw new KubeconfigError(
      `${JSON.stringify(server)} is no URL of an API server such as https://192.0.2.10:6443`,
      cause,
    );
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new KubeconfigError(`${server} begins with ${url.protocol}, an API server's URL with https:`);
  }
  return url.href.replace(/\/+$/, '');
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
