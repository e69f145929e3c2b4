// Plays a story: writes its files, runs its commands, and keeps what they printed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { normalise } from './normalise.ts';
import { mishap, type Played, type PlayedPart } from './page.ts';
import type { Part } from './story.ts';
import type { World } from './world.ts';

/**
 * Commands are told before they run.
 * @throws Error when a command does not do what the story says.
 */
export async function playPart(
  part: Part,
  world: World,
  tell: (line: string) => void = () => {},
): Promise<PlayedPart> {
  const shell = world.shell(part.folder);
  const played: Played[] = [];
  try {
    for (const step of part.steps) {
      if (step.kind === 'file') {
        const path = join(world.home, part.folder, step.name);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, step.content);
      }
      if (step.kind !== 'command') {
        played.push({ step });
        continue;
      }
      tell(step.line);
      const { output, exitCode } = await (step.enters ? shell.enter(step.line) : shell.run(step.line));
      const problem = mishap(step, output, exitCode);
      if (problem !== undefined) throw new Error(problem);
      played.push({ step, output: normalise(output, world.home), exitCode });
    }
  } finally {
    await shell.end();
  }
  return { part, played };
}
