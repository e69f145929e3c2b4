import { availableParallelism } from 'node:os';
import { forecast, plan } from '@lbx/maps';
import { Command } from 'commander';
import { type DesiredOptions, readDesired } from '../input/desired.ts';
import { reportProblems } from '../input/report-problems.ts';
import { algorithmOption, maglevSizeOption, parseNumber } from '../input/shared-options.ts';
import { forecastLines } from '../output/forecast-lines.ts';
import { opLine } from '../output/op-line.ts';
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
    .option(
      '--cpus <n>',
      'possible CPUs of the node, for what is kept per CPU',
      parseNumber,
      availableParallelism(),
    )
    .option('--json', 'one JSON object per write')
    .action(async (folder: string, options: DesiredOptions & { cpus: number; json?: boolean }) => {
      const desired = await readDesired(folder, options);
      const { projection } = desired;
      const ops = plan({ entries: new Map() }, projection);
      reportProblems(desired, context);
      if (options.json) {
        for (const op of ops) context.out(json(op));
        return;
      }
      const frontends = [...projection.frontends.values()];
      context.out(
        table(
          ['frontend', 'type', 'service', 'backends'],
          frontends.map(({ name, frontend, backends }) => [
            name,
            frontend.type,
            frontend.service,
            backends.length,
          ]),
        ),
      );
      context.out('');
      for (const op of ops) context.out(opLine(op));
      const needs = forecast(projection, { cpus: options.cpus, ids: desired.ids });
      context.out(`\n${forecastLines(needs).join('\n')}`);
      context.out(`\n${ops.length} writes for ${frontends.length} frontends`);
    });
}
