import { clusterSource, manifestSource } from '@lbx/k8s-sync';
import { Command } from 'commander';
import { startAgent } from '../agent/agent.ts';
import { type AgentEvent, describeEvent } from '../agent/agent-event.ts';
import {
  addLoadBalancerFlags,
  type LoadBalancerFlags,
  loadBalancerOptions,
} from '../agent/load-balancer-flags.ts';
import {
  addServiceFlags,
  healthOptions,
  type ServiceFlags,
  translatorOptions,
} from '../agent/service-flags.ts';
import { CliError } from '../cli-error.ts';
import { json } from '../output/output.ts';
import { assertRoot } from '../root.ts';
import type { CommandContext } from '../run-cli.ts';

interface AgentFlags extends LoadBalancerFlags, ServiceFlags {
  readonly node: string;
  readonly kubeconfig?: string;
  readonly manifests?: string;
  readonly json?: boolean;
}

/** `lbx agent`: loads, attaches, follows the source; SIGTERM ends it and leaves the datapath in force. */
export function agentCommand(context: CommandContext): Command {
  const command = new Command('agent')
    .description('balance the services of a cluster (or of manifests) on this node')
    .requiredOption('--node <name>', 'name of this node in Kubernetes')
    .option('--kubeconfig <file>', 'follow the API server of this kubeconfig')
    .option('--manifests <dir>', 'follow a folder of manifests');
  return addServiceFlags(addLoadBalancerFlags(command))
    .option('--json', 'log as JSON lines on stdout')
    .action(async (flags: AgentFlags) => {
      assertRoot('agent');
      const log = (event: AgentEvent) =>
        context.out(flags.json ? json(event) : `${new Date().toISOString()} ${describeEvent(event)}`);
      const agent = await startAgent({
        nodeName: flags.node,
        source: sourceOf(flags),
        loadBalancer: loadBalancerOptions(flags, (message) => log({ event: 'notice', message })),
        translator: translatorOptions(flags),
        // Folders of manifests seldom have a Node.
        health: { ...healthOptions(flags), needsNode: flags.kubeconfig !== undefined },
        onEvent: log,
      });
      await new Promise<void>((resolve) => {
        for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
      });
      await agent.close();
      log({ event: 'stopped', pinned: true });
    });
}

function sourceOf({ kubeconfig, manifests, node, hostPorts = false }: AgentFlags) {
  if (kubeconfig !== undefined && manifests === undefined)
    return clusterSource({ kubeconfig, nodeName: node, pods: hostPorts });
  if (manifests !== undefined && kubeconfig === undefined) return manifestSource(manifests);
  throw new CliError(
    'LBX_BAD_FLAG',
    'say where services come from: either --kubeconfig FILE or --manifests DIR',
  );
}
