import { explainLive, type Flow, type LiveExplanation, type LiveOptions } from '@lbx/maps';
import { Command, Option } from 'commander';
import { exitCode } from '../exit-codes.ts';
import { explainLines } from '../explain/explain-lines.ts';
import { type OpenedState, openLiveState } from '../explain/open-live-state.ts';
import { pinsOfLayoutOption } from '../input/pins-options.ts';
import { reportProblems } from '../input/report-problems.ts';
import { layoutOption, parseEndpoint, parseProtocol, parseTableSize } from '../input/shared-options.ts';
import { LIVE, type PinFlags } from '../input/state.ts';
import { json } from '../output/output.ts';
import type { CommandContext } from '../run-cli.ts';

interface ExplainFlags extends PinFlags {
  readonly node?: string;
  readonly from: ReturnType<typeof parseEndpoint>;
  readonly to: ReturnType<typeof parseEndpoint>;
  readonly proto: ReturnType<typeof parseProtocol>;
  readonly hook: NonNullable<Flow['hook']>;
  readonly algorithm?: 'random' | 'maglev';
  readonly maglevSize?: number;
  readonly json?: boolean;
}

/** `lbx explain [STATE]`: which backend a flow gets, or which verdict, through which entries, and how sure that is. */
export function explainCommand(context: CommandContext): Command {
  return new Command('explain')
    .description('which backend a flow gets and why, and how sure that is')
    .argument(
      '[state]',
      `${LIVE} (the pinned maps, only read), a file of lbx dump (- is standard input), or a folder of manifests`,
      LIVE,
    )
    .requiredOption('--from <addr:port>', "the client's address and port", parseEndpoint)
    .requiredOption('--to <addr:port>', 'where the client connects to', parseEndpoint)
    .option('--proto <name>', 'tcp, udp or sctp', parseProtocol, 'TCP')
    .addOption(
      new Option(
        '--hook <hook>',
        "xdp, tc: a packet from outside; pod: a pod's packet at its device; connect: a socket on the node",
      )
        .choices(['xdp', 'tc', 'pod', 'connect'])
        .default('xdp'),
    )
    .addOption(pinsOfLayoutOption())
    .addOption(layoutOption())
    .option('--node <name>', 'name of the node that the flow meets, with manifests')
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
    .option('--json', 'everything as one JSON object')
    .addHelpText('after', '\nExit codes: 0 the flow gets a backend, 1 it gets none (pass, drop or reject)')
    .action(async (name: string, flags: ExplainFlags) => {
      using opened = await openLiveState(name, flags, context);
      const flow = { from: flags.from, to: flags.to, protocol: flags.proto, hook: flags.hook };
      const answer = explainSteadily(opened, flow, {
        ...opened.options,
        ...(flags.layout === 'cilium' ? { datapath: 'cilium' } : {}),
        ...(flags.algorithm === undefined ? {} : { algorithm: flags.algorithm }),
        ...(flags.maglevSize === undefined ? {} : { maglevSize: flags.maglevSize }),
      });
      if (answer.verdict !== 'forward') context.exit(exitCode.negative);
      reportProblems(opened, context);
      context.out(flags.json ? json(answer) : explainLines(answer));
    });
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
  return explainLive(state, flow, { ...options, doubts: [{ code: 'changing', text, doubt: true }] });
}
