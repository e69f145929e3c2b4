import { openPinnedTables } from '@lbx/core';
import { ciliumPins, dump } from '@lbx/maps';
import { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { type DesiredOptions, readDesired } from '../input/desired.ts';
import { algorithmOption, maglevSizeOption } from '../input/shared-options.ts';
import { json } from '../output/output.ts';
import { assertRoot } from '../root.ts';
import type { CommandContext } from '../run-cli.ts';

interface DumpFlags extends DesiredOptions {
  readonly pins: string;
  readonly layout: 'lbx' | 'cilium';
  readonly plan?: string;
  readonly json?: boolean;
}

/** `lbx dump`: one line per entry, of pinned maps or of what a folder of manifests would become. */
export function dumpCommand(context: CommandContext): Command {
  return new Command('dump')
    .description('entries of the maps, one sorted line each')
    .option('--pins <dir>', 'folder of the pins (default /sys/fs/bpf/lbx)')
    .option('--layout <name>', "whose maps: lbx, or an installed cilium's (read-only)", 'lbx')
    .option('--plan <dir>', 'instead: what a folder of manifests would become (needs no root)')
    .option('--node <name>', 'name of the node, with --plan')
    .addOption(algorithmOption())
    .addOption(maglevSizeOption())
    .option('--json', 'lines as a JSON array')
    .action(async (flags: DumpFlags) => {
      const lines = flags.plan === undefined ? dumpPinned(flags) : await dumpPlan(flags.plan, flags);
      if (flags.json) context.out(json(lines));
      else for (const line of lines) context.out(line);
    });
}

async function dumpPlan(folder: string, flags: DumpFlags): Promise<string[]> {
  if (flags.node === undefined)
    throw new CliError('LBX_BAD_FLAG', '--plan needs --node NAME: what is local depends on it');
  return dump((await readDesired(folder, flags)).projection);
}

function dumpPinned({ pins, layout }: DumpFlags): string[] {
  assertRoot('dump');
  const place = layout === 'cilium' ? ciliumPins : {};
  using opened = openPinnedTables(pins === undefined ? place : { ...place, bpffs: pins, folder: '' });
  if (opened.tables.size === 0) {
    throw new CliError(
      'LBX_NOTHING_THERE',
      `no maps are pinned in ${pins ?? '/sys/fs/bpf/lbx'}; start an agent, or name their folder with --pins`,
    );
  }
  return dump(Object.fromEntries(opened.tables));
}
