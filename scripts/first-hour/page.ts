// The page: pure, from the story and what its commands printed.
import type { Command, Part, Step } from './story.ts';

/** A command, with what it printed when it was run. */
export interface Played {
  readonly step: Step;
  /** Of a command: normalised. */
  readonly output?: string;
  readonly exitCode?: number;
}

export interface PlayedPart {
  readonly part: Part;
  readonly played: readonly Played[];
}

const languages: Readonly<Record<string, string>> = { ts: 'ts', mjs: 'js', yaml: 'yaml', json: 'json' };

/** Markdown of the whole page. */
export function page(introduction: string, parts: readonly PlayedPart[]): string {
  return [
    introduction.trim(),
    ...parts.flatMap(({ part, played }) => [`## ${part.title}`, ...played.map(block)]),
    '',
  ].join('\n\n');
}

function block({ step, output = '', exitCode }: Played): string {
  switch (step.kind) {
    case 'words':
      return step.text.trim();
    case 'file': {
      const language = languages[step.name.slice(step.name.lastIndexOf('.') + 1)] ?? 'text';
      return `\`${step.name}\`:\n\n\`\`\`${language}\n${step.content.trimEnd()}\n\`\`\``;
    }
    case 'command': {
      const prints = output === '' ? '' : `${output}\n`;
      const ends = exitCode === 0 ? '' : `(exit code ${exitCode})\n`;
      return `\`\`\`text\n$ ${step.line}\n${prints}${ends}\`\`\``;
    }
  }
}

/** What is wrong with how a command went; undefined: nothing. */
export function mishap(
  { line, exits, prints }: Command,
  output: string,
  exitCode: number,
): string | undefined {
  const missing = prints.filter((pattern) => !pattern.test(output));
  if (exits.includes(exitCode) && missing.length === 0) return undefined;
  const why = exits.includes(exitCode)
    ? `did not print ${missing.join(' and ')}`
    : `ended with ${exitCode}, not ${exits.join(' or ')}`;
  return `'${line}' ${why}:\n${output}`;
}

/**
 * The page, of each command's output only the first line, which is its verdict, and the exit code; of commands that may
 * print something else next time nothing.
 */
export function keyLines(text: string, parts: readonly Part[]): string {
  const varying = new Set(
    parts.flatMap(({ steps }) =>
      steps.flatMap((step) => (step.kind === 'command' && step.varies ? [step.line] : [])),
    ),
  );
  return text.replace(/^```text\n\$ (.*)\n((?:(?!```).*\n)*)```$/gm, (_, line: string, output: string) => {
    const [first = '', ...more] = varying.has(line) ? [] : output.trimEnd().split('\n');
    const exit = more.findLast((other) => /^\(exit code \d+\)$/.test(other)) ?? '';
    return `$ ${line}\n${first}\n${exit}`;
  });
}

/** The first place where two pages differ, for people; undefined where they are the same. */
export function firstDifference(is: string, shouldBe: string): string | undefined {
  const [have, want] = [is.split('\n'), shouldBe.split('\n')];
  const at = want.findIndex((line, n) => line !== have[n]);
  if (at < 0 && have.length === want.length) return undefined;
  const n = at < 0 ? want.length : at;
  const show = (lines: readonly string[]) => lines.slice(n, n + 3).join('\n  ');
  return `after '${want[n - 1] ?? ''}' the page has\n  ${show(have)}\nand now it is\n  ${show(want)}`;
}
