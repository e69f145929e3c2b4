import { type Explanation, explain, hostPort } from '@lbx/maps';
import { Command, Option } from 'commander';
import { exitCode } from '../exit-codes.ts';
import { type DesiredOptions, readDesired } from '../input/desired.ts';
import { reportProblems } from '../input/report-problems.ts';
import { algorithmOption, maglevSizeOption, parseEndpoint, parseProtocol } from '../input/shared-options.ts';
import { json } from '../output/output.ts';
import type { CommandContext } from '../run-cli.ts';

interface ExplainFlags extends DesiredOptions {
  readonly from: ReturnType<typeof parseEndpoint>;
  readonly to: ReturnType<typeof parseEndpoint>;
  readonly proto: ReturnType<typeof parseProtocol>;
  readonly hook: 'xdp' | 'connect';
  readonly json?: boolean;
}

/** `lbx explain DIR`: which backend a flow would get, or which verdict, through which entries. */
export function explainCommand(context: CommandContext): Command {
  return new Command('explain')
    .description('which backend a flow gets and why (needs no root)')
    .argument('<dir>', 'folder with manifests')
    .requiredOption('--node <name>', 'name of the node that the flow meets')
    .requiredOption('--from <addr:port>', "the client's address and port", parseEndpoint)
    .requiredOption('--to <addr:port>', 'where the client connects to', parseEndpoint)
    .option('--proto <name>', 'tcp or udp', parseProtocol, 'TCP')
    .addOption(
      new Option('--hook <hook>', 'xdp: a packet from outside; connect: a socket on the node')
        .choices(['xdp', 'connect'])
        .default('xdp'),
    )
    .addOption(algorithmOption())
    .addOption(maglevSizeOption())
    .option('--json', 'everything as one JSON object')
    .addHelpText('after', '\nExit codes: 0 the flow gets a backend, 1 it gets none (pass, drop or reject)')
    .action(async (folder: string, flags: ExplainFlags) => {
      const desired = await readDesired(folder, flags);
      const flow = { from: flags.from, to: flags.to, protocol: flags.proto, hook: flags.hook };
      const explanation = explain(desired.projection, flow, {
        algorithm: flags.algorithm,
        maglevSize: flags.maglevSize,
        localAddresses: desired.options.nodeAddresses ?? [],
      });
      if (explanation.verdict !== 'forward') context.exit(exitCode.negative);
      reportProblems(desired, context);
      context.out(flags.json ? json(explanation) : describe(explanation));
    });
}

/** For people: the verdict first, then every look-up that led to it. */
export function describe({ verdict, reason, candidates, steps }: Explanation): string {
  const one =
    candidates === undefined || candidates.length === 0
      ? []
      : [`one of: ${candidates.map(({ address, port }) => hostPort(address, port)).join(', ')}`];
  return [`${verdict}: ${reason}`, ...one, ...steps.map(({ text }, i) => `  ${i + 1}. ${text}`)].join('\n');
}
