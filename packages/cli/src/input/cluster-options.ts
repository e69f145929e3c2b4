import { hostname } from 'node:os';
import type { ObjectSource } from '@lbx/k8s-sync';
import type { Command } from 'commander';
import { agentSource } from '../agent/agent-source.ts';
import { flagsOf } from '../agent/options/agent-flags.ts';
import { CliError } from '../cli-error.ts';

/** Which API server is asked. */
export interface ClusterFlags {
  readonly kubeconfig?: string | undefined;
  readonly inCluster?: boolean | undefined;
  readonly apiServer?: string | undefined;
  /** Name of the node. */
  readonly node?: string | undefined;
  readonly hostPorts?: boolean | undefined;
}

const descriptions = {
  kubeconfig: 'ask the API server of this kubeconfig',
  inCluster: 'ask the API server of the cluster that this runs in, as its service account',
  apiServer: 'with --in-cluster: where the API server is (default: as the environment says)',
} as const;

/** Adds the flags that name an API server, as the agent has them. */
export function addClusterOptions(command: Command, group: string): Command {
  for (const [key, description] of Object.entries(descriptions) as [keyof typeof descriptions, string][])
    for (const flag of flagsOf(key, description)) command.addOption(flag.helpGroup(group));
  return command;
}

/** The API server that is named, to be read once; undefined where none is. @throws CliError `LBX_BAD_FLAG`. */
export function clusterOf(flags: ClusterFlags): ObjectSource | undefined {
  const { kubeconfig, inCluster = false, apiServer, node = hostname(), hostPorts = false } = flags;
  if (kubeconfig === undefined && !inCluster) {
    if (apiServer === undefined) return undefined;
    throw new CliError(
      'LBX_BAD_FLAG',
      '--api-server goes with --in-cluster; a kubeconfig names its server itself',
    );
  }
  return agentSource({ kubeconfig, inCluster, apiServer, manifests: undefined, hostPorts }, node);
}
