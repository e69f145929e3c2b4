import { createLoadBalancer, openPinnedWriter } from '@lbx/core';
import { diffStates, optionsIn, type Snapshot } from '@lbx/maps';
import { loadBalancerOptions } from '../agent/load-balancer-options.ts';
import { CliError } from '../cli-error.ts';
import { readPinnedState } from '../input/state.ts';
import { afterOps } from '../output/after-ops.ts';
import type { CommandContext } from '../run-cli.ts';
import { type ApplySettings, isGiven } from './apply-settings.ts';
import { readWanted } from './read-wanted.ts';
import { reportLoaded, reportWritten } from './report.ts';

/** Writes into the maps that are pinned, and reads them back. */
export async function writeServices(flags: ApplySettings, context: CommandContext): Promise<void> {
  using writer = openPinnedWriter(flags.pins);
  const before = readPinnedState({ pins: flags.pins }, 'apply').snapshot;
  const desired = await readWanted(flags, optionsIn(before), context);
  const written = writer.write(desired.frontends, { project: desired.options, prune: flags.prune === true });
  const { ops, result, after, projection } = written;
  reportWritten(
    {
      writes: ops.length,
      failures: result.failures.map(({ error }) => error.message),
      lost: countMissing(afterOps(before, ops), after),
      difference: diffStates(before, { entries: after.entries, frontends: projection.frontends }),
    },
    flags,
    context,
  );
}

const countMissing = (wanted: Snapshot, found: Snapshot): number =>
  diffStates(wanted, found, { ids: true }).entries.length;

/** No datapath is there yet: it is loaded and attached first, and stays when this process ends. */
export async function loadAndWrite(flags: ApplySettings, context: CommandContext): Promise<void> {
  if (!isGiven(flags, 'device') && !isGiven(flags, 'podDevice') && typeof flags.cgroup !== 'string')
    throw new CliError(
      'LBX_NOTHING_PINNED',
      `no datapath is pinned in ${flags.pins}: say where to attach one (--device IF, --cgroup DIR), start lbx agent, or see what would happen with --dry-run`,
    );
  const desired = await readWanted(flags, {}, context);
  using loadBalancer = createLoadBalancer({
    ...loadBalancerOptions(flags.settings),
    onNotice: (notice) => context.err(`note: ${notice}`),
  });
  const { writes, failed, refused } = loadBalancer.apply(desired.frontends);
  const failures = [...failed, ...refused].map(({ error }) => error.message);
  reportLoaded({ writes, failures, attachments: loadBalancer.summary().attachments }, flags, context);
}
