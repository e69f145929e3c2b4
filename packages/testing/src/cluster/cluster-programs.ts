import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { execCommand } from '../command.ts';

/** The programs that a real API server consists of. */
export interface ClusterPrograms {
  /** kube-apiserver. */
  readonly apiServer: string;
  /** The store; the first one is used where it does not matter. They differ in what the API server can do with them. */
  readonly etcds: readonly [EtcdProgram, ...EtcdProgram[]];
  /** kubectl, where there is one. */
  readonly kubectl?: string;
}

export interface EtcdProgram {
  /** For test names. */
  readonly name: string;
  /** "3.6.16", as it says itself. */
  readonly version: string;
  readonly path: string;
}

/** What scripts/cluster/build.sh builds, and the module whose version names the folder in the cache. */
const BUILT = {
  'kube-apiserver': 'k8s.io/kubernetes',
  kubectl: 'k8s.io/kubernetes',
  etcd: 'go.etcd.io/etcd/server/v3',
} as const;

/**
 * kube-apiserver and etcd: in the folder `LBX_KUBE_BIN`, or else in the cache that scripts/cluster/build.sh fills, or else
 * in one folder of PATH; kubectl too if it is there. Debian's older etcd joins them where the cache has it.
 */
export function findClusterPrograms(env: NodeJS.ProcessEnv = process.env): ClusterPrograms | undefined {
  const cache = clusterCache(env);
  const cached = (name: keyof typeof BUILT) => `${cache}/${name}-${pinnedVersion(name)}/${name}`;
  const candidates = env.LBX_KUBE_BIN
    ? [inFolder(env.LBX_KUBE_BIN)]
    : [
        { apiServer: cached('kube-apiserver'), etcd: cached('etcd'), kubectl: cached('kubectl') },
        ...(env.PATH ?? '').split(':').filter(Boolean).map(inFolder),
      ];
  const found = candidates.find(({ apiServer, etcd }) => existsSync(apiServer) && existsSync(etcd));
  if (found === undefined) return undefined;
  const debian = `${cache}/etcd-debian/etcd`;
  const others = existsSync(debian) ? [etcdProgram("Debian's etcd", debian)] : [];
  return {
    apiServer: found.apiServer,
    etcds: [etcdProgram('etcd', found.etcd), ...others],
    ...(existsSync(found.kubectl) ? { kubectl: found.kubectl } : {}),
  };
}

/** The folder outside of the checkout where set-up keeps what takes long to make. */
function clusterCache(env: NodeJS.ProcessEnv = process.env): string {
  return env.LBX_CACHE || `${env.XDG_CACHE_HOME || `${env.HOME ?? homedir()}/.cache`}/lbx`;
}

const etcdProgram = (name: string, path: string): EtcdProgram => ({
  name,
  path,
  get version() {
    return /etcd Version: (\S+)/.exec(execCommand(path, ['--version']))?.[1] ?? 'unknown';
  },
});

const inFolder = (folder: string) => ({
  apiServer: `${folder}/kube-apiserver`,
  etcd: `${folder}/etcd`,
  kubectl: `${folder}/kubectl`,
});

function pinnedVersion(name: keyof typeof BUILT): string {
  const folder = name === 'etcd' ? 'etcd' : 'kube-apiserver';
  const file = fileURLToPath(new URL(`../../../../scripts/cluster/${folder}/go.mod`, import.meta.url));
  if (!existsSync(file)) return 'unknown';
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .find((text) =>
      text
        .replace(/^require\s/, '')
        .trim()
        .startsWith(`${BUILT[name]} v`),
    );
  return /\sv[\d.]+/.exec(line ?? '')?.[0].trim() ?? 'unknown';
}
