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

describe.each(['README.md', 'packages/cli/README.md'])('%s', (file) => {
  it('shows commands', () => expect(commandsOf(file).length).toBeGreaterThan(3));

  it.each(commandsOf(file))('$line', async ({ line, says }) => {
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
