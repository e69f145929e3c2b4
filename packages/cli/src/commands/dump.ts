import { openPinnedFlows } from '@lbx/core';
import { catalog, type DumpEntry, dump, flowCatalog } from '@lbx/maps';
import { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { type DesiredOptions, readDesired } from '../input/desired.ts';
import { pinsOfLayoutOption } from '../input/pins-options.ts';
import { reportProblems } from '../input/report-problems.ts';
import { algorithmOption, layoutOption, maglevSizeOption } from '../input/shared-options.ts';
import { type PinFlags, pinPlace, readPinnedState } from '../input/state.ts';
import { json } from '../output/output.ts';
import type { CommandContext } from '../run-cli.ts';

interface DumpFlags extends Omit<DesiredOptions, 'node'>, PinFlags {
  readonly plan?: string;
  readonly flows?: boolean;
  readonly node?: string;
  readonly json?: boolean;
}

/** `lbx dump`: one line per entry, of pinned maps or of what a folder of manifests would become. */
export function dumpCommand(context: CommandContext): Command {
  return new Command('dump')
    .description('entries of the maps, one sorted line each')
    .addOption(pinsOfLayoutOption())
    .addOption(layoutOption())
    .option(
      '--flows',
      'with the flows that lbx remembers, for lbx explain (those of a cilium are there anyway)',
    )
    .option('--plan <dir>', 'instead: what a folder of manifests would become (needs no root)')
    .option('--node <name>', 'name of the node, with --plan')
    .addOption(algorithmOption())
    .addOption(maglevSizeOption())
    .option('--json', 'the lines as one JSON array')
    .action(async (flags: DumpFlags) => {
      const lines = flags.plan === undefined ? dumpPinned(flags) : await dumpPlan(flags.plan, flags, context);
      if (flags.json) context.out(json(lines));
      else for (const line of lines) context.out(line);
    });
}

async function dumpPlan(
  folder: string,
  { node, algorithm, maglevSize, pins }: DumpFlags,
  context: CommandContext,
): Promise<string[]> {
  if (node === undefined)
    throw new CliError('LBX_BAD_FLAG', '--plan needs --node NAME: what is local depends on it');
  if (pins !== undefined)
    throw new CliError('LBX_BAD_FLAG', '--plan and --pins exclude each other: say which of the two to dump');
  const desired = await readDesired(folder, { node, algorithm, maglevSize });
  reportProblems(desired, context);
  return dump(desired.projection);
}

function dumpPinned(flags: DumpFlags): string[] {
  const { snapshot, others } = readPinnedState({ ...flags, everyMap: true }, 'dump');
  const flows = flags.flows ? flowEntries(flags) : [];
  return dump([...snapshot.entries.values(), ...others, ...flows], {
    layouts: { ...catalog, ...flowCatalog },
  });
}

/** lbx's own flows, whatever table they are in, and what tells which backends of theirs are still there. */
function flowEntries(flags: PinFlags): DumpEntry[] {
  using opened = openPinnedFlows(pinPlace(flags));
  const found: DumpEntry[] = [];
  for (const map of ['lbx_flow4', 'lbx_flow6'] as const) {
    for (const [key, value] of opened.sources[map]?.entries() ?? []) found.push({ map, key, value });
  }
  const map = 'lbx_backend_meta';
  for (const [key, value] of opened.sources[map]?.entries() ?? [])
    if (value.generation > 0) found.push({ map, key, value });
  return found;
}
