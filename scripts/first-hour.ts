// The page of the first hour: three stories, really played (root, a kernel with BPF, npm's registry), and what they printed.
import { join } from 'node:path';
import { kernelProblem, readKernelFacts } from '@lbx/testing';
import { repository } from './docs/markdown-files.ts';
import { agentAuthor } from './first-hour/agent-author.ts';
import { introduction } from './first-hour/introduction.ts';
import { page } from './first-hour/page.ts';
import { platformEngineer } from './first-hour/platform-engineer.ts';
import { playPart } from './first-hour/play.ts';
import { testAuthor } from './first-hour/test-author.ts';
import { createWorld } from './first-hour/world.ts';

export const firstHourFile = join(repository, 'docs/first-hour.md');
export const firstHour = [platformEngineer, agentAuthor, testAuthor];

/**
 * Plays all parts; takes about a minute. Commands are told before they run.
 * @throws Error when a command does not do what its story says.
 */
export async function playFirstHour(tell?: (line: string) => void): Promise<string> {
  using world = createWorld(repository);
  const parts = [];
  for (const part of firstHour) parts.push(await playPart(part, world, tell));
  return page(introduction, parts);
}

/** Why the page cannot be played on this machine; undefined: it can. */
export function whyNotPlayed(): string | undefined {
  return kernelProblem(readKernelFacts());
}
