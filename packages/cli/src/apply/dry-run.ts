import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { diffLines, diffStates, optionsIn, plan, planBeside, projectOnto, type Snapshot } from '@lbx/maps';
import { readPinnedState } from '../input/state.ts';
import { afterOps } from '../output/after-ops.ts';
import { colored } from '../output/colored-diff.ts';
import { opLine } from '../output/op-line.ts';
import { json } from '../output/output.ts';
import { isRoot } from '../root.ts';
import type { CommandContext } from '../run-cli.ts';
import type { ApplySettings } from './apply-settings.ts';
import { readWanted } from './read-wanted.ts';

/** Shows what would change, and every write in order. */
export async function dryRun(flags: ApplySettings, context: CommandContext): Promise<void> {
  const { label, snapshot } = stateBefore(flags);
  const desired = await readWanted(flags, optionsIn(snapshot), context);
  const projection = projectOnto(snapshot, desired.frontends, desired.options);
  const ops = flags.prune ? plan(snapshot, projection) : planBeside(snapshot, projection);
  const after = { entries: afterOps(snapshot, ops).entries, frontends: projection.frontends };
  const difference = diffStates(snapshot, after);
  if (flags.json) return context.out(json({ dryRun: true, against: label, difference, writes: ops }));
  context.out(
    `${ops.length === 0 ? 'nothing to do' : `${ops.length} writes would be made`}, against ${label}; nothing was changed`,
  );
  for (const line of diffLines(difference)) context.out(colored(line));
  if (ops.length > 0) context.out('\nin this order:');
  for (const op of ops) context.out(opLine(op));
}

/** What is pinned; without root or pins, nothing. */
function stateBefore({ pins }: ApplySettings): { readonly label: string; readonly snapshot: Snapshot } {
  if (isRoot() && existsSync(join(pins, 'lb4_services_v2'))) return readPinnedState({ pins }, 'apply');
  const why = isRoot() ? `nothing is pinned in ${pins}` : 'the kernel is not asked without root';
  return { label: `empty maps (${why})`, snapshot: { entries: new Map() } };
}
