import { diffLines, type StateDiff } from '@lbx/maps';
import { exitCode } from '../exit-codes.ts';
import { colored } from '../output/colored-diff.ts';
import { json } from '../output/output.ts';
import type { CommandContext } from '../run-cli.ts';
import type { ApplySettings } from './apply-settings.ts';

interface Outcome {
  readonly writes: number;
  readonly failures: readonly string[];
}

interface Written extends Outcome {
  /** Entries that are not as they were written, read back. */
  readonly lost: number;
  readonly difference: StateDiff;
}

/** What became of maps that were there. */
export function reportWritten(
  { writes, failures, lost, difference }: Written,
  { pins, json: asJson }: ApplySettings,
  context: CommandContext,
): void {
  const isBad = failures.length > 0 || lost > 0;
  if (isBad) context.exit(exitCode.negative);
  if (asJson) {
    context.out(json({ dryRun: false, pins, writes, failures, lost, difference }));
    return;
  }
  for (const failure of failures) context.err(`failed: ${failure}`);
  if (isBad)
    context.out(
      `not all was applied: ${lost} entries in ${pins} are not as wanted; apply again when the cause is gone`,
    );
  else if (writes === 0) context.out(`nothing to do: ${pins} has it all`);
  else context.out(`applied: ${writes} writes to ${pins}, read back as wanted`);
  for (const line of diffLines(difference)) context.out(colored(line));
}

/** What became of a datapath that was loaded for it. */
export function reportLoaded(
  { writes, failures, attachments }: Outcome & { readonly attachments: readonly string[] },
  { pins, json: asJson }: ApplySettings,
  context: CommandContext,
): void {
  if (failures.length > 0) context.exit(exitCode.negative);
  if (asJson) {
    context.out(json({ dryRun: false, pins, loaded: attachments, writes, failures }));
    return;
  }
  for (const failure of failures) context.err(`failed: ${failure}`);
  context.out(`loaded and attached: ${attachments.join(', ')}; pinned in ${pins}`);
  context.out(`applied: ${writes} writes`);
}
