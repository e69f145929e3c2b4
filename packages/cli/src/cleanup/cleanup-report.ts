import type { ForeignPin, RemovalItem } from '@lbx/core';
import { colors } from '../output/colors.ts';
import { table } from '../output/output.ts';
import type { AttachedHere } from './find-attached.ts';
import { summaryRows } from './summary-rows.ts';

/** What `lbx cleanup` found and did, or would do. */
export interface CleanupFacts {
  /** What was removed, or would be. */
  readonly items: readonly RemovalItem[];
  readonly failed: readonly { readonly item: RemovalItem; readonly message: string }[];
  readonly foreign: readonly ForeignPin[];
  /** Programs of lbx that do not belong to these pins and run on. */
  readonly others: readonly AttachedHere[];
  readonly dryRun: boolean;
  /** Who runs on the pins, so that nothing would be removed. */
  readonly refusedFor?: string;
}

export interface CleanupReport extends CleanupFacts {
  readonly pins: string;
  /** `nothing`: nothing of lbx was there. `incomplete`: something could not be removed. `refused`: only of a dry run. */
  readonly outcome: 'removed' | 'would-remove' | 'nothing' | 'incomplete' | 'refused';
  /** One sentence. */
  readonly verdict: string;
}

export function reportOf(pins: string, facts: CleanupFacts): CleanupReport {
  return { outcome: outcomeOf(facts), verdict: verdictOf(pins, facts), pins, ...facts };
}

function outcomeOf({ items, failed, dryRun, refusedFor }: CleanupFacts): CleanupReport['outcome'] {
  if (failed.length > 0) return 'incomplete';
  if (items.length === 0) return 'nothing';
  if (refusedFor !== undefined) return 'refused';
  return dryRun ? 'would-remove' : 'removed';
}

function verdictOf(pins: string, { items, failed, dryRun, refusedFor }: CleanupFacts): string {
  if (items.length + failed.length === 0) return `nothing of lbx is pinned in ${pins}`;
  const count = (...kinds: RemovalItem['kind'][]) => items.filter(({ kind }) => kinds.includes(kind)).length;
  const maps = count('map');
  const programs = count('link', 'filter');
  const what = (detach: string, remove: string) =>
    `${detach} ${plural(programs, 'program')} and ${remove} ${plural(maps, 'map')} of ${pins}`;
  if (failed.length > 0)
    return `not done: ${plural(failed.length, 'thing')} could not be removed; ${what('detached', 'removed')}`;
  if (!dryRun) return what('detached', 'removed');
  const refusal =
    refusedFor === undefined ? '' : `refused as long as ${refusedFor} runs on it (or --force): `;
  return `${refusal}${what('would detach', 'remove')}; nothing was changed`;
}

const plural = (count: number, one: string) => `${count} ${count === 1 ? one : `${one}s`}`;

/** For people: the verdict, what needs somebody, then what it was about; with `verbose` each thing. */
export function cleanupLines(report: CleanupReport, verbose: boolean): string[] {
  const { verdict, pins, items, failed, foreign, others, outcome } = report;
  const lines = [outcome === 'incomplete' ? colors.red(verdict) : verdict];
  for (const { item, message } of failed)
    lines.push(`  ${item.kind} ${item.name}: ${message.split('\n')[0]}`);
  if (failed.length > 0) lines.push('  → remove the cause and say it again: what is done stays done');
  if (items.length > 0 && verbose)
    lines.push('', table(['kind', 'name', 'id', 'program'], items.map(itemRow)));
  if (items.length > 0 && !verbose)
    lines.push('', indented(table([], summaryRows(items))), '  (each: --verbose)');
  if (foreign.length > 0)
    lines.push(
      '',
      `left in ${pins}, since lbx did not make it:`,
      ...foreign.map(({ path, why }) => `  ${path}: ${why}`),
    );
  if (others.length > 0)
    lines.push(
      '',
      'not touched, programs of another lbx (other pins, or a process without):',
      ...others.map(({ hook, program, programId }) => `  ${hook}: ${program} (id ${programId})`),
      '  → lbx cleanup --pins FOLDER for those of another folder',
    );
  return lines;
}

const indented = (text: string) => text.replace(/^/gm, '  ');

function itemRow({ kind, name, id, program, attached }: RemovalItem): (string | number)[] {
  const gone = attached === false ? ', its device or cgroup is gone' : '';
  return [kind, name, id || '-', program === undefined ? '' : `${program.name} (id ${program.id})${gone}`];
}
