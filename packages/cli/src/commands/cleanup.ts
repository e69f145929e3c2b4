import { planRemoval, type Removed, removePinned } from '@lbx/core';
import { Command } from 'commander';
import { type CleanupReport, cleanupLines, reportOf } from '../cleanup/cleanup-report.ts';
import { findAttached } from '../cleanup/find-attached.ts';
import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-codes.ts';
import { pinsOption } from '../input/pins-options.ts';
import { json } from '../output/output.ts';
import { assertRoot } from '../root.ts';
import type { CommandContext } from '../run-cli.ts';

interface CleanupFlags {
  readonly pins: string;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

/** `lbx cleanup`: the end of a datapath that an agent left in force. */
export function cleanupCommand(context: CommandContext): Command {
  return new Command('cleanup')
    .description('detach the programs and remove the maps that lbx pinned')
    .addOption(pinsOption())
    .option('--dry-run', 'show what would be removed, and what would stay; changes nothing')
    .option('--force', 'also while an agent runs on them; it works on nothing then')
    .option('--verbose', 'each program and map, not only how many')
    .option('--json', 'what was removed, and what was not, as one JSON object')
    .addHelpText(
      'after',
      '\nTouches only what lbx made with this folder of pins. tc filters (kernels before 6.6) are looked for in this network namespace.\n' +
        'Exit codes: 0 removed, or nothing was there; 1 something could not be removed; 4 refused: not root, or an agent runs',
    )
    .action((flags: CleanupFlags) => {
      assertRoot('cleanup', flags.dryRun ? 'opens what is pinned' : undefined);
      const report = flags.dryRun ? wouldRemove(flags) : didRemove(flags);
      context.out(flags.json ? json(report, 2) : cleanupLines(report, flags.verbose === true).join('\n'));
      if (report.outcome === 'refused') context.exit(exitCode.environment);
      if (report.outcome === 'incomplete') context.exit(exitCode.negative);
    });
}

function wouldRemove({ pins, force = false }: CleanupFlags): CleanupReport {
  const plan = planRemoval(pins);
  const going = new Set(plan.items.map(({ program }) => program?.id));
  const others = findAttached().filter(({ programId }) => !going.has(programId));
  return reportOf(pins, {
    items: plan.items,
    failed: [],
    foreign: plan.foreign,
    others,
    dryRun: true,
    ...(plan.locked && !force ? { refusedFor: whoIs(plan.holder) } : {}),
  });
}

function didRemove({ pins, force = false }: CleanupFlags): CleanupReport {
  let done: Removed;
  try {
    done = removePinned(pins, { force });
  } catch (error) {
    const { code, data } = error as { code?: unknown; data?: { pid?: number } };
    if (code !== 'LBX_PINS_IN_USE') throw error;
    throw new CliError(
      'LBX_PINS_IN_USE',
      `nothing was removed: ${whoIs(data?.pid)} runs on ${pins}. Stop it first (${howToStop(data?.pid)}), ` +
        'or say --force: it then goes on without programs and maps. --dry-run shows what there is',
      { cause: error },
    );
  }
  return reportOf(pins, {
    items: done.removed,
    failed: done.failed.map(({ item, error }) => ({ item, message: error.message })),
    foreign: done.foreign,
    others: findAttached(),
    dryRun: false,
  });
}

const whoIs = (pid: number | undefined) =>
  pid === undefined ? 'a process of another container' : `process ${pid}`;
const howToStop = (pid: number | undefined) =>
  `${pid === undefined ? '' : `kill ${pid}; `}an agent that is started again: systemctl stop, kubectl delete daemonset`;
