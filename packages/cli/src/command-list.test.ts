import { expect, it } from 'vitest';
import { commandList } from './command-list.ts';
import { processStreams } from './output/streams.ts';

/** Command lines below "Examples:", without what is said about them. */
function examplesIn(help: string): string[] {
  const [, section = ''] = /^Examples:\n((?: {2}lbx .*\n?)+)/m.exec(help) ?? [];
  return [...section.matchAll(/^ {2}lbx (.*?)(?: {2,}.*)?$/gm)].map(([, line = '']) => line);
}

it.each(commandList.map((listed) => [listed.name, listed] as const))(
  'the help says of %s what the command itself says',
  async (name, { load, description }) => {
    const command = (await load())({ ...processStreams, exit: () => {} });
    expect({ name: command.name(), description: command.description() }).toEqual({ name, description });
  },
  // Each loads what the command needs, and the first of them all that they share.
  60_000,
);

it('examples of the help are command lines that are understood', async () => {
  let examples = 0;
  for (const { load } of commandList) {
    let help = '';
    const context = { ...processStreams, exit: () => {} };
    const shown = (await load())(context).configureOutput({
      writeOut: (text) => {
        help += text;
      },
    });
    shown.outputHelp();
    for (const line of examplesIn(help)) {
      const [name, ...words] = line.split(' ');
      expect(name).toBe(shown.name());
      const silent = { writeErr: () => {}, writeOut: () => {} };
      const command = (await load())(context).exitOverride().configureOutput(silent);
      // Understood is enough; nothing is done.
      await expect(command.action(() => {}).parseAsync(words, { from: 'user' }), line).resolves.toBeDefined();
      examples += 1;
    }
  }
  expect(examples).toBeGreaterThan(12);
});
