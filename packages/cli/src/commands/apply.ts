import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { addAgentFlags, givenFlags } from '../agent/options/agent-flags.ts';
import { readSettings, valuesOf } from '../agent/options/settings.ts';
import { type ApplyFlags, type ApplySettings, isGiven } from '../apply/apply-settings.ts';
import { dryRun } from '../apply/dry-run.ts';
import { loadAndWrite, writeServices } from '../apply/write-services.ts';
import { CliError } from '../cli-error.ts';
import { addClusterOptions } from '../input/cluster-options.ts';
import { addMeaningOptions, meaningOf } from '../input/meaning-options.ts';
import { nodeOption } from '../input/shared-options.ts';
import { assertRoot } from '../root.ts';
import type { CommandContext } from '../run-cli.ts';

/** `lbx apply FILE…`: writes services once, and ends. */
export function applyCommand(context: CommandContext): Command {
  const command = new Command('apply')
    .description('write services from manifests, or YAML of lbx itself, into the pinned maps once')
    .argument(
      '[path...]',
      'files or folders: Kubernetes manifests, services of lbx (apiVersion: lbx/v1), or both',
    )
    .addOption(nodeOption())
    .option(
      '--dry-run',
      'show what would change and every write in order; changes nothing (needs no root without pins)',
    )
    .option('--prune', 'delete from the maps every service that is not wanted')
    .option('--json', 'what changed as one JSON object');
  addMeaningOptions(addClusterOptions(command, 'What is wanted, from a cluster instead of files:'));
  return addAgentFlags(command, ['Datapath'])
    .addHelpText(
      'after',
      `
Flags for devices, sockets and packets are for loading the datapath where none is pinned yet.

Examples:
  lbx apply web.yaml --dry-run                   what would be written, against the maps that are pinned
  lbx apply web.yaml --device eth0               load a datapath, attach it to eth0, and serve web.yaml
  lbx apply --kubeconfig FILE --node node-a --prune   make the maps what the cluster says now

Exit codes: 0 applied (or nothing to do), 1 a write failed, 3 a file is wrong: the others are applied, but not with --prune`,
    )
    .action(async (paths: string[], own: ApplyFlags) => {
      const flags = settingsOf(command, paths, own);
      if (flags.dryRun) return dryRun(flags, context);
      assertRoot('apply');
      if (!existsSync(join(flags.pins, 'lb4_services_v2'))) return loadAndWrite(flags, context);
      assertNotLoading(flags);
      await writeServices(flags, context);
    });
}

function settingsOf(command: Command, paths: readonly string[], own: ApplyFlags): ApplySettings {
  const settings = readSettings({ flags: givenFlags(command), environment: {} });
  const { node: _, pins, ...values } = valuesOf(settings);
  if (paths.length === 0 && values.kubeconfig === undefined && !values.inCluster)
    throw new CliError(
      'LBX_BAD_FLAG',
      'apply what? Give files or folders with manifests or services of lbx, or --kubeconfig FILE for what a cluster has',
    );
  const missing = paths.find((path) => !existsSync(path));
  if (missing !== undefined)
    throw new CliError('LBX_BAD_FILE', `cannot read ${missing}: there is no such file or folder`);
  return { ...own, ...values, paths, pins: pins as string, settings, translator: meaningOf(command) };
}

/** @throws CliError `LBX_BAD_FLAG` for flags that would be obeyed only where nothing is pinned yet. */
function assertNotLoading(flags: ApplySettings): void {
  const loading = (['device', 'podDevice', 'xdp', 'tc'] as const).filter((name) => isGiven(flags, name));
  if (loading.length === 0 && typeof flags.cgroup !== 'string') return;
  throw new CliError(
    'LBX_BAD_FLAG',
    `a datapath is pinned in ${flags.pins} already, which apply only writes to: leave out the flags that say where to attach one, or remove it first with lbx cleanup`,
  );
}
