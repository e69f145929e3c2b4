import { colors } from '../output/colors.ts';
import { groups } from './check.ts';
import { type Finding, needsRoot, type Status } from './finding.ts';

const paint: Readonly<Record<Status, (text: string) => string>> = {
  ok: colors.green,
  note: colors.cyan,
  warn: colors.yellow,
  fail: colors.red,
  skipped: colors.dim,
};

/** How many findings there are of each kind. */
export function countFindings(findings: readonly Finding[]): Readonly<Record<Status, number>> {
  const counts: Record<Status, number> = { ok: 0, note: 0, warn: 0, fail: 0, skipped: 0 };
  for (const { status } of findings) counts[status]++;
  return counts;
}

const plural = (count: number, one: string, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/** The verdict in a sentence. */
export function verdictLine(findings: readonly Finding[]): string {
  const { fail, warn, skipped } = countFindings(findings);
  const needRoot = findings.filter(({ found }) => found === needsRoot.found).length;
  const others = skipped - needRoot;
  const unseen = [
    ...(needRoot === 0 ? [] : [`${needRoot} ${needRoot === 1 ? 'needs' : 'need'} root (sudo lbx doctor)`]),
    ...(others === 0 ? [] : [`${others} skipped`]),
  ].map((text) => `; ${text}`);
  return verdict(fail, warn, findings.length - skipped) + unseen.join('');
}

function verdict(fail: number, warn: number, made: number): string {
  if (fail > 0) return `${plural(fail, 'problem')}, ${plural(warn, 'warning')} in ${plural(made, 'finding')}`;
  return `no problem${warn > 0 ? `, ${plural(warn, 'warning')}` : ''} in ${plural(made, 'finding')}`;
}

/** The report for people: verdict, what to do, then everything by group. */
export function reportLines(findings: readonly Finding[]): string[] {
  const lines = [`lbx doctor: ${verdictLine(findings)}`];
  const bad = (['fail', 'warn'] as const).flatMap((status) =>
    findings.filter((one) => one.status === status),
  );
  for (const finding of bad) {
    lines.push('', `${paint[finding.status](finding.status.padEnd(5))}${nameOf(finding)}: ${finding.found}`);
    if (finding.remedy !== undefined) lines.push(`     → ${finding.remedy}`);
  }
  const made = findings.filter(({ status }) => status !== 'skipped');
  const width = Math.max(0, ...made.map((finding) => nameOf(finding).length));
  for (const group of groups) {
    const members = findings.filter((finding) => finding.group === group);
    if (members.length === 0) continue;
    lines.push('', colors.bold(group));
    for (const finding of members.filter(({ status }) => status !== 'skipped'))
      lines.push(
        `  ${paint[finding.status](finding.status.padEnd(8))}${nameOf(finding).padEnd(width)}  ${finding.found}`,
      );
    lines.push(...skippedLines(members));
  }
  return lines;
}

/** Those with one reason in one line, behind the others. */
function skippedLines(members: readonly Finding[]): string[] {
  const byReason = Map.groupBy(
    members.filter(({ status }) => status === 'skipped'),
    ({ found, remedy }) =>
      remedy === undefined || found === needsRoot.found ? found : `${found} → ${remedy}`,
  );
  return [...byReason].map(
    ([reason, some]) => `  ${paint.skipped('skipped')} ${some.map(nameOf).join(', ')}: ${reason}`,
  );
}

const nameOf = ({ id, about }: Finding) => (about === undefined ? id : `${id} ${about}`);
