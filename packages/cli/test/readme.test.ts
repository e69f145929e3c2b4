import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { run } from './run.ts';

const root = new URL('../../../', import.meta.url);

/** `$ npx lbx …`, with `echo '…' |` before and `| head -N` or `| tail -N` behind. */
const command = /^\$ (?:echo '(.*)' \| )?npx lbx (.*?)(?: \| (head|tail) -(\d+))?$/;

/** Every command of the text blocks, with the lines that are said to come out. */
function commandsOf(file: string): { line: string; says: string[] }[] {
  const found: { line: string; says: string[] }[] = [];
  for (const [, block = ''] of readFileSync(new URL(file, root), 'utf8').matchAll(
    /^```text\n(.*?)^```$/gms,
  )) {
    if (!block.startsWith('$ ')) continue;
    for (const line of block.trimEnd().split('\n')) {
      if (line.startsWith('$ ')) found.push({ line, says: [] });
      else found.at(-1)?.says.push(line);
    }
  }
  return found;
}

/** Commands on live maps: `npm run check -- 'first hour'` runs them again, here it is enough that they are shown as there. */
const played = commandsOf('docs/first-hour.md');
/** Figures of traffic are others in each run of the hour. */
const compared = (line: string, says: readonly string[]) =>
  /^\$ npx lbx (top|status)/.test(line)
    ? says.map((text) => text.replace(/\d+(\.\d+)?/g, '0').replace(/ +/g, ' '))
    : says;

const pages = [
  'README.md',
  'packages/cli/README.md',
  'docs/guide/operate.md',
  'docs/guide/map-state.md',
  'docs/guide/embed.md',
];

describe.each(pages.filter((file) => commandsOf(file).length > 0))('%s', (file) => {
  it.each(commandsOf(file))('$line', async ({ line, says }) => {
    const before = played.filter((other) => other.line === line);
    if (before.length > 0) {
      // The end may be left out, with a line that says so.
      const isCut = says.at(-1) === '…';
      const shown = isCut ? says.slice(0, -1) : says;
      const had = before.map((other) => (isCut ? other.says.slice(0, shown.length) : other.says));
      expect(had.map((lines) => compared(line, lines))).toContainEqual(compared(line, shown));
      return;
    }
    const [, input = '', args = '', end, count] = command.exec(line) ?? [];
    expect(args, 'a command of the form that this test understands').not.toBe('');
    const argv = args.split(' ').map((word) => (/^(packages|vectors)\//.test(word) ? path(word) : word));
    const { lines } = await run(argv, `${input}\n`);
    const shown =
      end === 'head' ? lines.slice(0, Number(count)) : end === 'tail' ? lines.slice(-Number(count)) : lines;
    expect(shown).toEqual(says);
  });
});

/** Tests may run from any folder. */
const path = (word: string): string => fileURLToPath(new URL(word, root));
