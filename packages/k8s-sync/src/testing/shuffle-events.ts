import { objectIdentity } from '../objects/object-identity.ts';
import type { SourceEvent } from '../sources/source-event.ts';

/** Another order of events in which those of one object keep theirs, as any watch keeps it. `below(n)` gives 0 to n - 1. */
export function shuffleEvents(
  events: readonly SourceEvent[],
  below: (bound: number) => number,
): SourceEvent[] {
  const queues = new Map<string, SourceEvent[]>();
  for (const event of events) {
    const queue = queues.get(subjectOf(event)) ?? [];
    queues.set(subjectOf(event), queue);
    queue.push(event);
  }
  const waiting = [...queues.values()];
  const shuffled: SourceEvent[] = [];
  while (waiting.length > 0) {
    const at = below(waiting.length);
    shuffled.push(waiting[at]!.shift()!);
    if (waiting[at]!.length === 0) waiting.splice(at, 1);
  }
  return shuffled;
}

function subjectOf(event: SourceEvent): string {
  if (event.type === 'delete') return `${event.kind} ${event.namespace}/${event.name}`;
  if (event.type !== 'upsert') return event.type;
  const { namespace, name } = objectIdentity(event.kind, event.object);
  return `${event.kind} ${namespace}/${name}`;
}
