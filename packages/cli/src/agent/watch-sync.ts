import type { ObjectSource } from '@lbx/k8s-sync';
import type { AgentEvent } from './agent-event.ts';

/** So long a source may take without a word about it. */
const patienceMs = 5000;
/** A source that goes on not telling is named again. */
const againMs = 60_000;

/** Says which sources have not told all that they had at the start, as long as there are any. */
export function watchSync(
  source: Pick<ObjectSource, 'status'>,
  onEvent: (event: AgentEvent) => void,
  patience = patienceMs,
): { close(): void } {
  const started = performance.now();
  let told = '';
  let toldAt = 0;
  const timer = setInterval(() => {
    const { synced, waitingFor } = source.status();
    if (synced) return clearInterval(timer);
    const now = performance.now();
    const names = waitingFor.join(', ');
    if (names === told && now - toldAt < againMs) return;
    told = names;
    toldAt = now;
    onEvent({ event: 'waiting', sources: waitingFor, seconds: Math.round((now - started) / 1000) });
  }, patience);
  timer.unref();
  return { close: () => clearInterval(timer) };
}
