import { Option } from 'commander';
import { parseUrl } from './shared-options.ts';

/** Where the agent of this machine tells of itself. */
export interface AgentFlags {
  readonly agent: string;
}

/** For commands that ask it. */
export const agentOption = (): Option =>
  new Option('--agent <url>', 'where the agent of this machine tells of itself (its --metrics-bind-address)')
    .argParser(parseUrl)
    .default('http://127.0.0.1:10249');

/** How long an agent on this machine may take to answer. */
const patienceMs = 5000;

/** What an agent says, by the page; rejects where none answers, or another program does. */
export async function askAgent<T>({ agent }: AgentFlags, page: 'state' | 'services'): Promise<T> {
  const answer = await fetch(new URL(`/${page}`, agent), { signal: AbortSignal.timeout(patienceMs) });
  if (!answer.ok) throw new Error(`${answer.url} answers ${answer.status}`);
  return (await answer.json()) as T;
}
