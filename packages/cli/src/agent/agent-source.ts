import { existsSync } from 'node:fs';
import { type ClusterAccess, clusterSource, manifestSource, type ObjectSource } from '@lbx/k8s-sync';
import { CliError } from '../cli-error.ts';
import { inClusterAccess } from './in-cluster.ts';
import type { AgentSettings } from './options/agent-options.ts';
import { readOwnServices } from './own-services.ts';

/** Where objects come from. */
export type SourceSettings = Pick<
  AgentSettings,
  'kubeconfig' | 'inCluster' | 'apiServer' | 'manifests' | 'hostPorts'
>;

/** The source that the settings name. @throws CliError `LBX_BAD_FLAG` where they name none, or several. */
export function agentSource(settings: SourceSettings, nodeName: string): ObjectSource {
  const { kubeconfig, inCluster, manifests, hostPorts } = settings;
  const named = [kubeconfig !== undefined, inCluster, manifests !== undefined].filter(Boolean).length;
  if (named !== 1) {
    throw new CliError(
      'LBX_BAD_FLAG',
      `say where services come from: either --kubeconfig FILE, --in-cluster or --manifests DIR${named > 1 ? ', not several' : ''}`,
    );
  }
  const access = clusterAccess(settings);
  if (manifests !== undefined) return manifestSource(manifests, { readMore: readOwnServices });
  return clusterSource({ ...(access as ClusterAccess), nodeName, pods: hostPorts });
}

/** Sources look when they are started; an agent would rather know before it loads and attaches. @throws CliError `LBX_BAD_FILE` */
export function assertSourceThere({ kubeconfig, manifests }: SourceSettings): void {
  for (const [flag, path] of Object.entries({ kubeconfig, manifests }))
    if (path !== undefined && path !== 'default' && !existsSync(path))
      throw new CliError('LBX_BAD_FILE', `--${flag} ${path}: there is no such file or folder`);
}

/**
 * How to reach the API server that the settings name; undefined where they name none.
 * @throws CliError `LBX_BAD_FLAG`, `LBX_NOT_IN_CLUSTER`
 */
export function clusterAccess({
  kubeconfig,
  inCluster,
  apiServer,
}: {
  readonly kubeconfig?: string | undefined;
  readonly inCluster: boolean;
  readonly apiServer?: string | undefined;
}): ClusterAccess | undefined {
  if (apiServer !== undefined && !inCluster)
    throw new CliError(
      'LBX_BAD_FLAG',
      '--api-server goes with --in-cluster; a kubeconfig names its server itself',
    );
  if (kubeconfig !== undefined) return { kubeconfig };
  return inCluster ? inClusterAccess(apiServer) : undefined;
}

/** @throws CliError `LBX_BAD_FLAG` */
export function requiredNode({ node }: AgentSettings): string {
  if (node !== undefined) return node;
  throw new CliError(
    'LBX_BAD_FLAG',
    'say which node this is: --node NAME, or the variable NODE_NAME (its name in Kubernetes)',
  );
}
