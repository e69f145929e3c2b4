import { portListeners } from '../doctor/others/port-listeners.ts';
import type { AgentHealth } from './node-status.ts';

/** How long an agent on this machine may take to answer. */
const answerMs = 5000;

/**
 * What the agent of these pins says of its health.
 * @param holder - its process, where that is known: kube-proxy answers at the same port and in the same words.
 */
export async function askHealth(url: string, holder?: number): Promise<AgentHealth> {
  const other = holder === undefined ? undefined : otherAt(new URL(url), holder);
  if (other !== undefined) return { url, other };
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(answerMs) });
    return { url, code: answer.status };
  } catch {
    return { url };
  }
}

/** Who listens there instead; undefined: the holder, nobody, or it cannot be seen. */
function otherAt({ protocol, hostname, port }: URL, holder: number): string | undefined {
  if (!/^(127\.|localhost$|\[::1\]$)/.test(hostname)) return undefined;
  const { processes } = portListeners(Number(port || (protocol === 'https:' ? 443 : 80)));
  const [first] = processes;
  if (first === undefined || processes.some(({ pid }) => pid === holder)) return undefined;
  return `process ${first.pid}, ${first.command}`;
}
