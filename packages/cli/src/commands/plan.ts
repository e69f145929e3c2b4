import { dump, plan } from '@lbx/maps';
import { Command } from 'commander';
import { type DesiredOptions, readDesired } from '../input/desired.ts';
import { algorithmOption, maglevSizeOption } from '../input/shared-options.ts';
import { json, table } from '../output/output.ts';
import type { CommandContext } from '../run-cli.ts';

/** `lbx plan DIR`: what an agent on that node would write into empty maps, in order. */
export function planCommand(context: CommandContext): Command {
  return new Command('plan')
    .description('what would be written for a folder of manifests (needs no root)')
    .argument('<dir>', 'folder with manifests of Services, EndpointSlices and Nodes')
    .requiredOption('--node <name>', 'name of the node to plan for')
    .addOption(algorithmOption())
    .addOption(maglevSizeOption())
    .option('--json', 'one JSON object per write')
    .action(async (folder: string, options: DesiredOptions & { json?: boolean }) => {
      const { translation, projection } = await readDesired(folder, options);
      const ops = plan({ entries: new Map() }, projection);
      for (const { message } of translation.problems) context.err(`problem: ${message}`);
      for (const { error } of projection.refused) context.err(`refused: ${error.message}`);
      if (options.json) {
        for (const op of ops) context.out(json(op));
        return;
      }
      context.out(
        table(
          ['frontend', 'service', 'backends'],
          [...projection.frontends.values()].map(({ name, frontend, backends }) => [
            name,
            frontend.service,
            backends.length,
          ]),
        ),
      );
      context.out('');
      // Dump lines are sorted; a plan is in the order of its writes, so each is dumped alone.
      for (const op of ops) {
        const [line] =
          op.op === 'set' ? dump({ entries: new Map([['', op]]) }) : [`${op.map} ${json(op.key)}`];
        context.out(`${op.op === 'set' ? '+' : '-'} ${line}`);
      }
      context.out(`\n${ops.length} writes for ${projection.frontends.size} frontends`);
    });
}
