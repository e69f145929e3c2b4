import { endpointName, explainLive, type Flow, type LiveExplanation, type LiveOptions } from '@lbx/maps';
import { Command, Option } from 'commander';
import { exitCode } from '../exit-codes.ts';
import { type EntryPoint, entryDoubts, entryPoints, hookOf } from '../explain/entry-point.ts';
import { explainLines } from '../explain/explain-lines.ts';
import { type OpenedState, openLiveState } from '../explain/open-live-state.ts';
import { type AgentFlags, agentOption } from '../input/ask-agent.ts';
import { addClusterOptions, type ClusterFlags } from '../input/cluster-options.ts';
import { pinsOfLayoutOption } from '../input/pins-options.ts';
import { reportProblems } from '../input/report-problems.ts';
import {
  layoutOption,
  nodeOption,
  parseEndpoint,
  parseProtocol,
  parseTableSize,
} from '../input/shared-options.ts';
import { CLUSTER, LIVE, type PinFlags, stateDescription } from '../input/state.ts';
import { openServiceNames } from '../names/open-service-names.ts';
import { json } from '../output/output.ts';
import type { CommandContext } from '../run-cli.ts';

interface ExplainFlags extends PinFlags, AgentFlags, Omit<ClusterFlags, 'node'> {
  readonly node?: string;
  readonly from: ReturnType<typeof parseEndpoint>;
  readonly to: ReturnType<typeof parseEndpoint>;
  readonly proto: ReturnType<typeof parseProtocol>;
  readonly via: EntryPoint;
  readonly algorithm?: 'random' | 'maglev';
  readonly maglevSize?: number;
  readonly json?: boolean;
}

/** `lbx explain [STATE]`: which backend a flow gets, or which verdict, through which entries, and how sure that is. */
export function explainCommand(context: CommandContext): Command {
  const command = new Command('explain')
    .description('which backend a flow gets and why, and how sure that is')
    .argument('[state]', stateDescription, LIVE)
    .requiredOption('--from <addr:port>', "the client's address and port", parseEndpoint)
    .requiredOption('--to <addr:port>', 'where the client connects to', parseEndpoint)
    .option('--proto <name>', 'tcp, udp or sctp', parseProtocol, 'TCP')
    .addOption(
      new Option(
        '--via <where>',
        "where the flow meets lbx: outside, a packet that comes in by a device; pod, a pod's packet at its device; node, a socket on this node",
      )
        .choices(entryPoints)
        .default('outside'),
    )
    .addOption(pinsOfLayoutOption())
    .addOption(layoutOption())
    .addOption(nodeOption())
    .addOption(
      new Option(
        '--algorithm <name>',
        'how packets choose a backend (default: as the programs say, else random)',
      ).choices(['random', 'maglev']),
    )
    .addOption(
      new Option(
        '--maglev-size <prime>',
        'slots of a Maglev table (default: as it is, 16381 with manifests)',
      ).argParser(parseTableSize),
    )
    .addOption(agentOption())
    .option('--json', 'everything as one JSON object');
  return addClusterOptions(command, `With the state ${CLUSTER}:`)
    .addHelpText(
      'after',
      `
Examples:
  lbx explain --from 203.0.113.9:40000 --to 198.51.100.1:80                what becomes of a client's connection here
  lbx explain --via pod --from 192.0.2.7:40000 --to 198.51.100.1:80        of a pod's on this node
  lbx explain manifests --node node-a --from 203.0.113.9:40000 --to 198.51.100.1:80   without root: by what is wanted

Exit codes: 0 the flow gets a backend, 1 it gets none (pass, drop or reject)`,
    )
    .action(async (name: string, flags: ExplainFlags) => {
      using opened = await openLiveState(name, flags, context);
      const flow = { from: flags.from, to: flags.to, protocol: flags.proto, hook: hookOf[flags.via] };
      const answer = explainSteadily(opened, flow, {
        ...opened.options,
        doubts: [...(opened.remarks ?? []), ...entryDoubts(flags.via, flags.from.address, opened)],
        ...(flags.layout === 'cilium' ? { datapath: 'cilium' } : {}),
        ...(flags.algorithm === undefined ? {} : { algorithm: flags.algorithm }),
        ...(flags.maglevSize === undefined ? {} : { maglevSize: flags.maglevSize }),
      });
      if (answer.verdict !== 'forward') context.exit(exitCode.negative);
      reportProblems(opened, context);
      const service = await serviceName(name, flags);
      context.out(
        flags.json
          ? json({ ...answer, ...(service === undefined ? {} : { service }) })
          : explainLines(answer, service),
      );
    });
}

/** Name of the service that is connected to; maps have none, the agent of this machine knows. */
async function serviceName(state: string, flags: ExplainFlags): Promise<string | undefined> {
  if (state !== LIVE || flags.layout === 'cilium') return undefined;
  const { serviceOf } = await openServiceNames(flags);
  return serviceOf(endpointName(flags.to.address, flags.to.port, flags.proto));
}

/** Maps may change between two looks: an answer counts when it came out twice. */
function explainSteadily({ state }: OpenedState, flow: Flow, options: LiveOptions): LiveExplanation {
  const pathOf = (answer: LiveExplanation) => answer.steps.map(({ text }) => text).join('\n');
  let answer = explainLive(state, flow, options);
  for (let tries = 0; tries < 3; tries++) {
    const again = explainLive(state, flow, options);
    if (pathOf(again) === pathOf(answer)) return again;
    answer = again;
  }
  const text = 'the maps changed each time they were read: ask again';
  const changing = { code: 'changing', text, doubt: true } as const;
  return explainLive(state, flow, { ...options, doubts: [...(options.doubts ?? []), changing] });
}
