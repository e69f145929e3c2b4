import { expect, it } from 'vitest';
import { commandList } from './command-list.ts';
import { processStreams } from './output/streams.ts';

it.each(commandList.map((listed) => [listed.name, listed] as const))(
  'the help says of %s what the command itself says',
  async (name, { load, description }) => {
    const command = (await load())({ ...processStreams, exit: () => {} });
    expect({ name: command.name(), description: command.description() }).toEqual({ name, description });
  },
  // Each loads what the command needs, and the first of them all that they share.
  60_000,
);
