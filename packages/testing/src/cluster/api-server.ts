import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { execCommand } from '../command.ts';
import { TestingError } from '../errors.ts';
import { closeOnce, isAbandoned, type Resource, uniqueName } from '../resource.ts';
import { type ApiClient, createApiClient, type KubeObject } from './api-client.ts';
import { type EtcdProgram, findClusterPrograms } from './cluster-programs.ts';
import { type Etcd, startEtcd } from './etcd.ts';
import { freePorts } from './free-ports.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { storedObjects } from './stored-objects.ts';
import { createTcpProxy, type TcpProxy } from './tcp-proxy.ts';

export interface ApiServerOptions {
  /** Its store; default: the first of findClusterPrograms(). */
  readonly etcd?: EtcdProgram;
  /** Where Services get their addresses from; default 198.51.100.0/24 and 2001:db8:96::/108. */
  readonly serviceRanges?: string;
  /** Where they get node ports from; default 30000-32767. */
  readonly nodePorts?: string;
  /** Who may do what; default `AlwaysAllow`. With `RBAC` the server's own token still may do everything. */
  readonly authorization?: 'AlwaysAllow' | 'RBAC';
  /** More flags for kube-apiserver. */
  readonly flags?: readonly string[];
}

/** A real kube-apiserver with its own etcd, on 127.0.0.1. No controllers: slices and Nodes are made by hand. */
export interface ApiServer extends Resource, ApiClient {
  /** https://127.0.0.1:PORT, without a proxy. */
  readonly url: string;
  /** PEM of the authority of its certificate. */
  readonly ca: string;
  /** The token that it takes now. */
  readonly token: string;
  /** A kubeconfig file without a proxy in between. */
  readonly kubeconfig: string;
  /** In bytes. */
  readonly rss: { readonly apiServer: number; readonly etcd: number };
  /** A proxy in front of it, closed with it. */
  proxy(): Promise<ProxiedAccess>;
  /** Writes a kubeconfig: for another port, with the token in a file of its own. */
  writeKubeconfig(options: { readonly port?: number; readonly tokenFile?: string }): string;
  /** Ends kube-apiserver; the store goes on. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Stops it if it runs and starts it on the same port with the same state; with a new token if asked to. */
  restart(options?: { readonly newToken?: boolean }): Promise<void>;
  /**
   * Puts Services and EndpointSlices right into the store, thousands a second, where create() takes milliseconds for each.
   * They have to be complete (clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy) and in the namespace `default`.
   */
  store(objects: readonly KubeObject[]): Promise<void>;
  /** Makes the store forget the past, so that watches from there get 410 (once the server's own memory is gone too). */
  compact(): Promise<void>;
  /** Runs kubectl as the server's own user, and gives what it printed. @throws TestingError */
  kubectl(args: readonly string[], input?: string): string;
}

/** The way to an API server through a proxy. */
export interface ProxiedAccess {
  readonly proxy: TcpProxy;
  readonly url: string;
  readonly kubeconfig: string;
}

/**
 * Starts etcd and kube-apiserver and waits until objects can be made (about 4 s). close() ends both by their pids and
 * removes their files; at the latest the exit of this process does, or, when it is killed, the kernel and the next start.
 */
export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const programs = findClusterPrograms();
  if (programs === undefined)
    throw new TestingError(
      'LBX_TESTING_SERVER',
      'kube-apiserver and etcd were not found: `sh scripts/cluster/build.sh` builds them',
    );
  for (const name of readdirSync(tmpdir()))
    if (isAbandoned(name)) rmSync(`${tmpdir()}/${name}`, { recursive: true, force: true });
  const folder = `${tmpdir()}/${uniqueName('kube')}`;
  mkdirSync(folder, { mode: 0o700 });
  let etcd: Etcd | undefined;
  let server: ServerProcess | undefined;
  const proxies: TcpProxy[] = [];
  let client: ApiClient | undefined;
  const close = closeOnce(() => {
    for (const proxy of proxies) proxy.close();
    client?.close();
    server?.kill();
    etcd?.process.kill();
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  });

  try {
    const [port, clientPort, peerPort] = (await freePorts(3)) as [number, number, number];
    const certificate = `${folder}/apiserver.crt`;
    let token = '';
    const renewToken = () => {
      token = randomBytes(16).toString('hex');
      writeFileSync(`${folder}/tokens.csv`, `${token},admin,1,"system:masters"\n`);
    };
    renewToken();
    writeAccountKey(folder);
    const ca = () => readFileSync(certificate, 'utf8');
    const api = createApiClient({ port, ca, token: () => token });
    client = api;
    const store = await startEtcd({
      program: (options.etcd ?? programs.etcds[0]).path,
      folder,
      ports: [clientPort, peerPort],
    });
    etcd = store;
    const args = serverArguments(options, { folder, port, etcd: store.url });
    const isReady = async () => {
      // The namespace is made a moment after the server calls itself ready.
      await api.request('GET', '/readyz');
      await api.request('GET', '/api/v1/namespaces/default');
      return true;
    };
    const start = async () => {
      const log = `${folder}/apiserver.log`;
      server = await startServerProcess({
        program: programs.apiServer,
        args,
        log,
        isReady,
        timeoutMs: 60_000,
      });
    };
    await start();

    let kubeconfigs = 0;
    const writeKubeconfig: ApiServer['writeKubeconfig'] = (wanted) => {
      const path = `${folder}/kubeconfig-${++kubeconfigs}`;
      const user = wanted.tokenFile === undefined ? { token } : { tokenFile: wanted.tokenFile };
      writeFileSync(path, JSON.stringify(kubeconfigOf(wanted.port ?? port, certificate, user)));
      return path;
    };
    const running = () => server as ServerProcess;
    const kubeconfig = writeKubeconfig({});
    return {
      ...api,
      url: `https://127.0.0.1:${port}`,
      ca: ca(),
      kubeconfig,
      get token() {
        return token;
      },
      get rss() {
        return { apiServer: running().rss, etcd: store.process.rss };
      },
      async proxy() {
        const proxy = await createTcpProxy(port);
        proxies.push(proxy);
        return {
          proxy,
          url: `https://127.0.0.1:${proxy.port}`,
          kubeconfig: writeKubeconfig({ port: proxy.port }),
        };
      },
      writeKubeconfig,
      stop: (signal) => running().stop(signal),
      async restart({ newToken = false } = {}) {
        await running().stop();
        if (newToken) renewToken();
        await start();
      },
      store: (objects) => store.put(storedObjects(objects)),
      compact: () => store.compact(),
      kubectl(args, input) {
        const { kubectl = 'kubectl' } = programs;
        const env = { ...process.env, KUBECONFIG: kubeconfig, HOME: folder };
        return execCommand(kubectl, args, {
          env,
          timeoutMs: 60_000,
          ...(input === undefined ? {} : { input }),
        });
      },
      close,
      [Symbol.dispose]: close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** The key that signs tokens of service accounts; the server refuses to start without one. */
function writeAccountKey(folder: string): void {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(`${folder}/accounts.key`, privateKey.export({ type: 'pkcs1', format: 'pem' }));
}

function serverArguments(
  { serviceRanges, nodePorts, authorization = 'AlwaysAllow', flags }: ApiServerOptions,
  { folder, port, etcd }: { readonly folder: string; readonly port: number; readonly etcd: string },
): string[] {
  const ranges = serviceRanges ?? '198.51.100.0/24,2001:db8:96::/108';
  return [
    `--etcd-servers=${etcd}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    // It makes itself a certificate for 127.0.0.1 in there, and keeps it.
    `--cert-dir=${folder}`,
    // Told to nobody, since no endpoints are kept; the family has to be that of the first range.
    `--advertise-address=${ranges.split(',')[0]?.includes(':') ? '2001:db8::1' : '192.0.2.1'}`,
    '--endpoint-reconciler-type=none',
    `--token-auth-file=${folder}/tokens.csv`,
    `--authorization-mode=${authorization}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${folder}/accounts.key`,
    `--service-account-signing-key-file=${folder}/accounts.key`,
    `--service-cluster-ip-range=${ranges}`,
    `--service-node-port-range=${nodePorts ?? '30000-32767'}`,
    // Whoever loads thousands of objects on the same machine must not be slowed down.
    '--enable-priority-and-fairness=false',
    '--max-requests-inflight=0',
    '--max-mutating-requests-inflight=0',
    '--event-ttl=10m',
    // Open watches do not hold up a restart.
    '--shutdown-delay-duration=0s',
    ...(flags ?? []),
  ];
}

/** JSON is YAML. */
function kubeconfigOf(port: number, certificate: string, user: object): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'test',
        cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority': certificate },
      },
    ],
    users: [{ name: 'admin', user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
    'current-context': 'test',
  };
}
