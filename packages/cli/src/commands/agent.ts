import type { LoadBalancerOptions } from '@lbx/core';
import { defaultPins } from '@lbx/core';
import { clusterSource, manifestSource } from '@lbx/k8s-sync';
import { Command, Option } from 'commander';
import { startAgent } from '../agent/agent.ts';
import { type AgentEvent, describeEvent } from '../agent/agent-event.ts';
import { CliError } from '../cli-error.ts';
import { algorithmOption, maglevSizeOption } from '../input/shared-options.ts';
import { json } from '../output/output.ts';
import { assertRoot } from '../root.ts';
import type { CommandContext } from '../run-cli.ts';

interface AgentFlags {
  readonly node: string;
  readonly device?: readonly string[];
  readonly kubeconfig?: string;
  readonly manifests?: string;
  readonly pins: string;
  /** Commander's `--no-cgroup` makes it false. */
  readonly cgroup?: string | boolean;
  readonly xdpMode: 'native' | 'generic';
  readonly algorithm: 'random' | 'maglev';
  readonly maglevSize: number;
  readonly json?: boolean;
}

/** `lbx agent`: loads, attaches, follows the source; SIGTERM ends it and leaves the datapath in force. */
export function agentCommand(context: CommandContext): Command {
  return new Command('agent')
    .description('balance the services of a cluster (or of manifests) on this node')
    .requiredOption('--node <name>', 'name of this node in Kubernetes')
    .option('--device <if...>', 'network device(s) that get the XDP and tc programs')
    .option('--kubeconfig <file>', 'follow the API server of this kubeconfig')
    .option('--manifests <dir>', 'follow a folder of manifests')
    .option('--pins <dir>', 'folder in a BPF file system for maps and programs', defaultPins)
    .option('--cgroup <dir>', 'cgroup v2 folder for socket load balancing (default: its root)')
    .option('--no-cgroup', 'no socket load balancing')
    .addOption(
      new Option('--xdp-mode <mode>', 'where XDP runs').choices(['native', 'generic']).default('native'),
    )
    .addOption(algorithmOption())
    .addOption(maglevSizeOption())
    .option('--json', 'log as JSON lines on stdout')
    .action(async (flags: AgentFlags) => {
      assertRoot('agent');
      const log = (event: AgentEvent) =>
        context.out(flags.json ? json(event) : `${new Date().toISOString()} ${describeEvent(event)}`);
      const agent = await startAgent({
        nodeName: flags.node,
        source: sourceOf(flags),
        loadBalancer: loadBalancerOptions(flags, (message) => log({ event: 'notice', message })),
        onEvent: log,
      });
      await new Promise<void>((resolve) => {
        for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
      });
      await agent.close();
      log({ event: 'stopped', pinned: true });
    });
}

function sourceOf({ kubeconfig, manifests, node }: AgentFlags) {
  if (kubeconfig !== undefined && manifests === undefined)
    return clusterSource({ kubeconfig, nodeName: node });
  if (manifests !== undefined && kubeconfig === undefined) return manifestSource(manifests);
  throw new CliError(
    'LBX_BAD_FLAG',
    'say where services come from: either --kubeconfig FILE or --manifests DIR',
  );
}

function loadBalancerOptions(flags: AgentFlags, onNotice: (notice: string) => void): LoadBalancerOptions {
  return {
    devices: flags.device ?? [],
    pins: flags.pins,
    xdpMode: flags.xdpMode,
    algorithm: flags.algorithm,
    maglevSize: flags.maglevSize,
    onNotice,
    ...(flags.cgroup === false
      ? { cgroup: false }
      : typeof flags.cgroup === 'string'
        ? { cgroup: flags.cgroup }
        : {}),
  };
}
