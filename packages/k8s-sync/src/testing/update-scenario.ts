import { isMap, isScalar, type Node, parseAllDocuments, type Scalar } from 'yaml';
import { changedLines, foundIn } from './compare-step.ts';
import type { StepResult } from './run-scenario.ts';
import { expectedLists } from './scenario.ts';

/**
 * The text of a scenario file with what its steps led to in place of what it expected: `expect`, or `changes` where the
 * step says so, and the lists. Everything else stays as it was written. Read the difference before you keep it.
 */
export function updateScenario(text: string, results: readonly StepResult[]): string {
  const edits: { readonly from: number; readonly to: number; readonly by: string }[] = [];
  parseAllDocuments(text)
    .slice(1)
    .forEach((document, i) => {
      const result = results[i];
      if (result === undefined || !isMap(document.contents)) return;
      const { contents } = document;
      const pairs = contents.items.map(({ key, value }) => ({
        name: String((key as Scalar).value),
        from: (key as Node).range![0],
        to: (value as Node | null)?.range?.[1] ?? (key as Node).range![1],
        value: isScalar(value) ? value.value : undefined,
      }));
      const wanted = new Map<string, string>();
      const changes = changedLines(result.before, result.lines);
      const asChanges = pairs.some(({ name }) => name === 'changes');
      const unchanged = pairs.some(({ name, value }) => name === 'expect' && value === 'unchanged');
      const [key, lines] = asChanges || unchanged ? ['changes', changes] : ['expect', result.lines];
      const block = [`${key}: |`, ...lines.map((line) => `  ${line}`)].join('\n');
      const dump =
        result.lines.length === 0 && key === 'expect'
          ? 'expect: empty'
          : changes.length === 0
            ? 'expect: unchanged'
            : block;
      wanted.set('dump', dump);
      const found = foundIn(result);
      for (const list of expectedLists) {
        const old = result.step.expected[list];
        if (found[list].length === old.length && found[list].every((line, n) => isIn(old[n]!, line)))
          continue;
        const items = found[list].map(
          (line) => `  - ${/^[\w].*(: | #)|^\W/.test(line) ? JSON.stringify(line) : line}`,
        );
        wanted.set(list, items.length === 0 ? '' : [`${list}:`, ...items].join('\n'));
      }
      let end = contents.range![1];
      while (text[end - 1] === '\n') end--;
      for (const { name, from, to } of pairs) {
        const slot = name === 'expect' || name === 'changes' ? 'dump' : name;
        const by = wanted.get(slot);
        if (by === undefined) continue;
        let last = to;
        while (text[last - 1] === '\n') last--;
        edits.push({ from, to: last, by });
        wanted.delete(slot);
      }
      const added = [...wanted.values()].filter((by) => by !== '');
      if (added.length > 0) edits.push({ from: end, to: end, by: `\n${added.join('\n')}` });
    });
  let updated = text;
  for (const { from, to, by } of edits.sort((a, b) => b.from - a.from || b.to - a.to))
    updated = updated.slice(0, from) + by + updated.slice(to);
  return updated.replace(/\n{2,}---/g, '\n---');
}

function isIn(expected: string, line: string): boolean {
  const [code = '', ...rest] = expected.split(' ');
  return expected === line || (line.startsWith(`${code} `) && line.includes(rest.join(' ')));
}
