import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createLoadBalancer, openPinnedWriter, type PinnedWriter } from '@lbx/core';
import {
  diffLines,
  diffStates,
  type Op,
  optionsIn,
  type ProjectOptions,
  plan,
  planBeside,
  projectOnto,
  type Snapshot,
} from '@lbx/maps';
import { Command } from 'commander';
import { loadBalancerOptions } from '../agent/load-balancer-options.ts';
import { addAgentFlags, givenFlags } from '../agent/options/agent-flags.ts';
import type { AgentSettings } from '../agent/options/agent-options.ts';
import { readSettings, type Settings, valuesOf } from '../agent/options/settings.ts';
import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-codes.ts';
import { type Desired, readDesired } from '../input/desired.ts';
import { reportProblems } from '../input/report-problems.ts';
import { readPinnedState } from '../input/state.ts';
import { afterOps } from '../output/after-ops.ts';
import { colored } from '../output/colored-diff.ts';
import { opLine } from '../output/op-line.ts';
import { json } from '../output/output.ts';
import { assertRoot, isRoot } from '../root.ts';
import type { CommandContext } from '../run-cli.ts';

interface ApplyFlags {
  readonly node?: string;
  readonly dryRun?: boolean;
  readonly prune?: boolean;
  readonly json?: boolean;
}

/** Flags of this command, and those of the datapath as the agent has them. */
type ApplySettings = ApplyFlags &
  Omit<AgentSettings, 'node' | 'pins'> & { readonly pins: string; readonly settings: Settings };

/** `lbx apply FILE…`: writes services once, and ends. */
export function applyCommand(context: CommandContext): Command {
  const command = new Command('apply')
    .description('write services from manifests, or YAML of lbx itself, into the pinned maps once')
    .argument(
      '<path...>',
      'files or folders: Kubernetes manifests, services of lbx (apiVersion: lbx/v1), or both',
    )
    .option('--node <name>', 'name of this node, with Kubernetes manifests')
    .option(
      '--dry-run',
      'show what would change and every write in order; changes nothing (needs no root without pins)',
    )
    .option('--prune', 'delete from the maps every service that is not in the files')
    .option('--json', 'what changed as one JSON object');
  return addAgentFlags(command, ['Datapath'])
    .addHelpText(
      'after',
      '\nFlags for devices, sockets and packets are for loading the datapath where none is pinned yet.' +
        '\nExit codes: 0 applied (or nothing to do), 1 a write failed, 3 a file is wrong: the others are applied, but not with --prune',
    )
    .action(async (paths: string[], own: ApplyFlags) => {
      const settings = readSettings({ flags: givenFlags(command), environment: {} });
      const { node: _, pins, ...values } = valuesOf(settings);
      const flags: ApplySettings = { ...own, ...values, pins: pins as string, settings };
      const given = givenOptions(flags);
      if (flags.dryRun) return dryRun(paths, flags, given, context);
      assertRoot('apply');
      const isLoaded = existsSync(join(flags.pins, 'lb4_services_v2'));
      if (!isLoaded) return loadAndApply(paths, flags, given, context);
      const loading = (['device', 'podDevice', 'xdp', 'tc'] as const).filter((name) => isGiven(flags, name));
      if (loading.length > 0 || typeof flags.cgroup === 'string')
        throw new CliError(
          'LBX_BAD_FLAG',
          `a datapath is pinned in ${flags.pins} already, which apply only writes to: leave out the flags that say where to attach one, or remove it first with lbx cleanup`,
        );
      using writer = openPinnedWriter(flags.pins);
      await applyTo(writer, paths, flags, given, context);
    });
}

/** What was said about services on the command line goes before what the maps show. */
function givenOptions(flags: ApplySettings): ProjectOptions {
  return {
    ...(isGiven(flags, 'algorithm') ? { algorithm: flags.algorithm } : {}),
    ...(isGiven(flags, 'maglevSize') ? { maglevSize: flags.maglevSize } : {}),
    ...(isGiven(flags, 'wildcards') ? { wildcards: flags.wildcards } : {}),
    ...(isGiven(flags, 'forwarding') ? { forwarding: flags.forwarding } : {}),
    ...(flags.nodeAddress === undefined ? {} : { nodeAddresses: flags.nodeAddress }),
    ...(isGiven(flags, 'externalClusterIp') ? { externalClusterIP: flags.externalClusterIp } : {}),
  };
}

const isGiven = ({ settings }: ApplySettings, key: keyof Settings): boolean =>
  settings[key].origin.from !== 'default';

async function readFiles(
  paths: readonly string[],
  { node, algorithm, maglevSize, prune }: ApplySettings,
  like: ProjectOptions,
  context: CommandContext,
): Promise<Desired> {
  const desired = await readDesired(paths, {
    algorithm,
    maglevSize,
    like,
    ...(node === undefined ? {} : { node }),
  });
  reportProblems(desired, context);
  if (prune === true && desired.problems.length > 0)
    throw new CliError(
      'LBX_BAD_FILE',
      'nothing was changed: with --prune, a service that cannot be read would be deleted; mend the files or leave out --prune',
    );
  return desired;
}

async function dryRun(
  paths: readonly string[],
  flags: ApplySettings,
  given: ProjectOptions,
  context: CommandContext,
) {
  const isPinned = isRoot() && existsSync(join(flags.pins, 'lb4_services_v2'));
  const live: { label: string; snapshot: Snapshot } = isPinned
    ? readPinnedState(flags, 'apply')
    : {
        label: `empty maps (${isRoot() ? `nothing is pinned in ${flags.pins}` : 'the kernel is not asked without root'})`,
        snapshot: { entries: new Map() },
      };
  const desired = await readFiles(paths, flags, { ...optionsIn(live.snapshot), ...given }, context);
  const projection = projectOnto(live.snapshot, desired.frontends, desired.options);
  const ops = flags.prune ? plan(live.snapshot, projection) : planBeside(live.snapshot, projection);
  const after = { entries: afterOps(live.snapshot, ops).entries, frontends: projection.frontends };
  const difference = diffStates(live.snapshot, after);
  if (flags.json) return context.out(json({ dryRun: true, against: live.label, difference, writes: ops }));
  context.out(
    `${ops.length === 0 ? 'nothing to do' : `${ops.length} writes would be made`}, against ${live.label}; nothing was changed`,
  );
  for (const line of diffLines(difference)) context.out(colored(line));
  if (ops.length > 0) context.out('\nin this order:');
  for (const op of ops) context.out(opLine(op));
}

async function applyTo(
  writer: PinnedWriter,
  paths: readonly string[],
  flags: ApplySettings,
  given: ProjectOptions,
  context: CommandContext,
) {
  const before = readPinnedState(flags, 'apply').snapshot;
  const desired = await readFiles(paths, flags, { ...optionsIn(before), ...given }, context);
  const written = writer.write(desired.frontends, { project: desired.options, prune: flags.prune === true });
  const { ops, result, after, projection } = written;
  const difference = diffStates(before, { entries: after.entries, frontends: projection.frontends });
  const lost = countMissing(afterOps(before, ops), after);
  report(
    { ops, failures: result.failures.map(({ error }) => error.message), lost, pins: flags.pins },
    difference,
    flags,
    context,
  );
}

function countMissing(wanted: Snapshot, found: Snapshot): number {
  return diffStates(wanted, found, { ids: true }).entries.length;
}

interface Outcome {
  readonly ops: readonly Op[];
  readonly failures: readonly string[];
  /** Entries that are not as they were written, read back. */
  readonly lost: number;
  readonly pins: string;
}

function report(
  { ops, failures, lost, pins }: Outcome,
  difference: ReturnType<typeof diffStates>,
  flags: ApplySettings,
  context: CommandContext,
) {
  const isBad = failures.length > 0 || lost > 0;
  if (isBad) context.exit(exitCode.negative);
  if (flags.json)
    return context.out(json({ dryRun: false, pins, writes: ops.length, failures, lost, difference }));
  for (const failure of failures) context.err(`failed: ${failure}`);
  if (isBad)
    context.out(
      `not all was applied: ${lost} entries in ${pins} are not as wanted; apply again when the cause is gone`,
    );
  else if (ops.length === 0) context.out(`nothing to do: ${pins} has it all`);
  else context.out(`applied: ${ops.length} writes to ${pins}, read back as wanted`);
  for (const line of diffLines(difference)) context.out(colored(line));
}

/** No datapath is there yet: it is loaded and attached first, and stays when this process ends. */
async function loadAndApply(
  paths: readonly string[],
  flags: ApplySettings,
  given: ProjectOptions,
  context: CommandContext,
) {
  if (!isGiven(flags, 'device') && !isGiven(flags, 'podDevice') && typeof flags.cgroup !== 'string')
    throw new CliError(
      'LBX_NOTHING_PINNED',
      `no datapath is pinned in ${flags.pins}: say where to attach one (--device IF, --cgroup DIR), start lbx agent, or see what would happen with --dry-run`,
    );
  const desired = await readFiles(paths, flags, given, context);
  using loadBalancer = createLoadBalancer({
    ...loadBalancerOptions(flags.settings),
    onNotice: (notice) => context.err(`note: ${notice}`),
  });
  const { writes, failed, refused } = loadBalancer.apply(desired.frontends);
  const { attachments } = loadBalancer.summary();
  const failures = [...failed, ...refused].map(({ error }) => error.message);
  if (failures.length > 0) context.exit(exitCode.negative);
  if (flags.json)
    return context.out(json({ dryRun: false, pins: flags.pins, loaded: attachments, writes, failures }));
  for (const failure of failures) context.err(`failed: ${failure}`);
  context.out(`loaded and attached: ${attachments.join(', ')}; pinned in ${flags.pins}`);
  context.out(`applied: ${writes} writes`);
}
