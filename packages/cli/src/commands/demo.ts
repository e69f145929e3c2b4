import { Command } from 'commander';
import { playDemo } from '../demo/demo.ts';
import { parseNumber } from '../input/shared-options.ts';
import type { CommandContext } from '../run-cli.ts';

/** `lbx demo`: the whole path on one machine, with a verdict. */
export function demoCommand(context: CommandContext): Command {
  return new Command('demo')
    .description('manifests to load-balanced packets in network namespaces, then tidy up (needs root)')
    .option('--keep', 'leave everything standing, with hints what to try')
    .option('--requests <n>', 'requests per way in', parseNumber, 1000)
    .option('--json', 'the results as one JSON object')
    .action(async (options: { keep?: boolean; json?: boolean; requests: number }) => {
      context.exit(await playDemo(options, context));
    });
}
