import { type AgentUnderTest, startAgentUnderTest } from './agent-process.ts';
import { floorNames } from './measure-floors.ts';
import type { ChildOptions } from './messages.ts';
import type { Series } from './rows.ts';

/** Starts an agent and measures until all services are in force. @returns the agent, which goes on. */
export async function measureStart(
  series: Series,
  name: string,
  source: ChildOptions['source'],
  services: number,
): Promise<AgentUnderTest> {
  const agent = startAgentUnderTest(source);
  try {
    const done = () => (agent.applied.at(-1)?.frontends ?? 0) >= services;
    await agent.until(done);
    const last = agent.applied.at(-1)!;
    if (last.failed + last.refused > 0)
      throw new Error(
        `${name}: ${last.failed} writes failed and ${last.refused} frontends were refused: ${agent.problems[0]}`,
      );
    const { startedAt, firstObjectAt } = agent.began;
    series.add(`${name}-start`, 'ms', last.at - startedAt);
    series.add(`${name}-list`, 'ms', last.at - firstObjectAt, floorNames(services).read);
    series.add(
      `${name}-apply`,
      'ms',
      agent.applied.reduce((sum, { applyMs }) => sum + applyMs, 0),
      floorNames(services).write,
    );
    const { rssMB, peakMB, stallMs } = await agent.usage();
    series.add(`${name}-rss`, 'MB', rssMB);
    series.add(`${name}-rss-peak`, 'MB', peakMB);
    series.add(`${name}-stall`, 'ms', stallMs);
    return agent;
  } catch (error) {
    await agent[Symbol.asyncDispose]();
    throw error;
  }
}
