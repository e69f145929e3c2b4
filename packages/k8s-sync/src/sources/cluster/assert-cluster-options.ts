import type { OptionShape } from '@lbx/maps';
import { assertOptions } from '../../assert-options.ts';
import { BadOptionError } from '../../errors.ts';
import type { ClusterAccess } from './cluster-connection.ts';
import type { ClusterSourceOptions } from './cluster-source.ts';

type ByKubeconfig = Extract<ClusterSourceOptions, { readonly kubeconfig: string }>;
type ByServer = Extract<ClusterSourceOptions, { readonly server: string }>;

const shape: OptionShape<ByKubeconfig & ByServer> = {
  kubeconfig: 'text',
  context: 'text',
  server: 'text',
  token: ['text', 'call'],
  ca: ['text', 'bytes', 'call'],
  nodeName: 'text',
  pods: 'flag',
  idleTimeoutSeconds: 'number',
  connectTimeoutSeconds: 'number',
  answerTimeoutSeconds: 'number',
  listTimeoutSeconds: 'number',
  backoff: 'object',
  deniedRetrySeconds: 'number',
  streamingLists: 'flag',
  pageSize: 'number',
  maxObjectBytes: 'number',
  maxObjects: 'number',
};

/** @throws BadOptionError (LBX_BAD_OPTION): what can be seen without asking anybody. */
export function assertClusterOptions(options: ClusterSourceOptions): void {
  assertOptions('clusterSource', options, shape);
  const { kubeconfig, server }: { kubeconfig?: string; server?: string } = options as Partial<ClusterAccess>;
  if (kubeconfig === undefined && server === undefined) {
    const problem = "says nothing about where: give `kubeconfig` (a file, or 'default') or `server` (a URL)";
    throw new BadOptionError('clusterSource', '', options, problem);
  }
}
