import type { StepResult } from './run-scenario.ts';
import { expectedLists } from './scenario.ts';

/** What a step really led to, in the words of a scenario file. */
export type Found = Readonly<Record<(typeof expectedLists)[number], readonly string[]>>;

/** Problems, refusals and whatever else is not in the maps. */
export function foundIn({ translation, frontends, refused, healthChecks }: StepResult): Found {
  const silent = frontends.filter(({ master }) => (master.value as { count: number }).count === 0);
  const names = (elsewhere: boolean) =>
    silent
      .filter(({ frontend }) => (frontend.endpointsElsewhere ?? false) === elsewhere)
      .map(({ name }) => name);
  return {
    problems: translation.problems.map(errorText),
    refused: refused.map(({ name, error }) => `${error.code} ${name}: ${error.message}`),
    ignored: translation.ignored.map(
      ({ kind, namespace, name, reason }) => `${kind} ${namespace}/${name} ${reason}`,
    ),
    rejected: names(false).sort(),
    dropped: names(true).sort(),
    health: healthChecks.map(
      ({ namespace, name, family, port, localEndpoints }) =>
        `${namespace}/${name} ${family} port ${port} local ${localEndpoints}`,
    ),
  };
}

function errorText(error: Error): string {
  return `${String((error as { code?: unknown }).code)} ${error.message}`;
}

/** Differences between what a step should lead to and what it did; none if it is as expected. */
export function compareStep(result: StepResult): string[] {
  const { step, before, lines, faults } = result;
  const found = foundIn(result);
  const where = (what: string) => `line ${step.line}, "${step.text}": ${what}`;
  const differences = faults.map((fault) => where(fault));
  const wanted = step.expected.dump;
  const actual = wanted.kind === 'whole' ? lines : changedLines(before, lines);
  const expected = wanted.kind === 'unchanged' ? [] : wanted.lines;
  if (expected.join('\n') !== actual.join('\n')) {
    const what = wanted.kind === 'whole' ? 'the dump' : 'what changes in the dump';
    differences.push(where(`${what} is\n${indent(actual)}\n  and not\n${indent(expected)}`));
  }
  for (const key of expectedLists) {
    if (!matches(step.expected[key], found[key]))
      differences.push(where(`${key} are\n${indent(found[key])}\n  and not\n${indent(step.expected[key])}`));
  }
  return differences;
}

/** "- " the lines that went and "+ " those that came, in the order of the dump; what became of an entry is next to it. */
export function changedLines(before: readonly string[], after: readonly string[]): string[] {
  const keyOf = (line: string) => line.slice(0, line.indexOf(' => '));
  const kept = new Set(after.map(keyOf));
  const changes: string[] = [];
  let j = 0;
  // Both are sorted by the same order, so that the entries that are in both come in the same sequence.
  for (const line of before) {
    const key = keyOf(line);
    if (!kept.has(key)) {
      changes.push(`- ${line}`);
      continue;
    }
    while (keyOf(after[j]!) !== key) changes.push(`+ ${after[j++]}`);
    if (after[j] !== line) changes.push(`- ${line}`, `+ ${after[j]}`);
    j++;
  }
  return [...changes, ...after.slice(j).map((line) => `+ ${line}`)];
}

/** One by one, in this order: the same first word (the code), and the rest somewhere in the message. */
function matches(expected: readonly string[], actual: readonly string[]): boolean {
  return (
    expected.length === actual.length &&
    expected.every((text, i) => {
      const space = text.indexOf(' ');
      const [code, fragment] = space < 0 ? [text, ''] : [text.slice(0, space), text.slice(space + 1)];
      return actual[i] === text || (actual[i]!.startsWith(`${code} `) && actual[i]!.includes(fragment));
    })
  );
}

const indent = (lines: readonly string[]) =>
  lines.length === 0 ? '    (nothing)' : lines.map((line) => `    ${line}`).join('\n');
