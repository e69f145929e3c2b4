import type { ObjectSource, SourceStatus } from '@lbx/k8s-sync';
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
    const status = source.status();
    const { synced, waitingFor } = status;
    if (synced) return clearInterval(timer);
    const now = performance.now();
    const names = waitingFor.join(', ');
    if (names === told && now - toldAt < againMs) return;
    told = names;
    toldAt = now;
    const errors = errorsOf(status);
    onEvent({
      event: 'waiting',
      sources: waitingFor,
      seconds: Math.round((now - started) / 1000),
      ...(errors.length === 0 ? {} : { errors }),
    });
  }, patience);
  timer.unref();
  return { close: () => clearInterval(timer) };
}

/** Of the parts that have not told all, each once. */
function errorsOf({ synced, lastError, parts }: SourceStatus): string[] {
  if (synced) return [];
  const found = parts.flatMap(errorsOf);
  return found.length > 0 || lastError === undefined ? [...new Set(found)] : [lastError.message];
}
