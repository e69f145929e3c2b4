import { type Explanation, explain } from '@lbx/maps';
import { Command } from 'commander';
import { type DesiredOptions, readDesired } from '../input/desired.ts';
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
    .option('--hook <hook>', 'xdp: a packet from outside; connect: a socket on the node', 'xdp')
    .addOption(algorithmOption())
    .addOption(maglevSizeOption())
    .option('--json', 'everything as one JSON object')
    .action(async (folder: string, flags: ExplainFlags) => {
      const { projection, options } = await readDesired(folder, flags);
      const flow = { from: flags.from, to: flags.to, protocol: flags.proto, hook: flags.hook };
      const explanation = explain(projection, flow, {
        algorithm: flags.algorithm,
        maglevSize: flags.maglevSize,
        localAddresses: options.nodeAddresses ?? [],
      });
      context.out(flags.json ? json(explanation) : describe(explanation));
    });
}

/** For people: the verdict first, then every look-up that led to it. */
export function describe({ verdict, reason, backend, candidates, steps }: Explanation): string {
  const target = backend === undefined ? '' : ` to ${backend.address}:${backend.port}`;
  const one =
    candidates === undefined || candidates.length === 0
      ? []
      : [`one of: ${candidates.map(({ address, port }) => `${address}:${port}`).join(', ')}`];
  return [
    `${verdict}${target}: ${reason}`,
    ...one,
    ...steps.map(({ text }, i) => `  ${i + 1}. ${text}`),
  ].join('\n');
}
