import type { DatapathEvent, EventKind } from '@lbx/core';
import type { ReasonName } from '@lbx/maps';

/** A reason and what came under it. */
interface ReasonSummary {
  readonly reason: ReasonName;
  readonly kind: EventKind;
  readonly doc: string;
  readonly events: number;
  /** With sampling more than events: what they stand for. */
  readonly packets: number;
  /** The most frequent ones, by packets. */
  readonly services: readonly Counted[];
  readonly clients: readonly Counted[];
}

export interface Counted {
  readonly name: string;
  readonly packets: number;
}

/** What came while somebody listened. */
export interface EventSummary {
  readonly events: number;
  readonly packets: number;
  /** The most frequent reason first. */
  readonly reasons: readonly ReasonSummary[];
}

/** So many of each list are named. */
const most = 3;
/** So many different names are counted for a reason: a flood may come from anywhere, and memory has an end. */
const mostNames = 10_000;

/** Counts events by reason, service and client. */
export function createEventCount() {
  const counts = new Map<string, ReturnType<typeof openCount>>();
  let events = 0;
  let packets = 0;
  return {
    get events() {
      return events;
    },
    /** @param service - its name, or its frontend where nobody knows one. */
    add(event: DatapathEvent, service: string | undefined): void {
      events++;
      packets += event.oneIn;
      const key = `${event.kind} ${event.reason}`;
      const count = counts.get(key) ?? openCount(event);
      counts.set(key, count);
      count.events++;
      count.packets += event.oneIn;
      const end = event.direction === 'reply' ? event.destination : event.source;
      addTo(count.services, service, event.oneIn);
      addTo(count.clients, end?.address, event.oneIn);
    },
    summary: (): EventSummary => ({
      events,
      packets,
      reasons: [...counts.values()]
        .sort((a, b) => b.packets - a.packets)
        .map(({ services, clients, ...rest }) => ({
          ...rest,
          services: top(services),
          clients: top(clients),
        })),
    }),
  };
}

function openCount({ reason, kind, doc }: DatapathEvent) {
  return {
    reason,
    kind,
    doc,
    events: 0,
    packets: 0,
    services: new Map<string, number>(),
    clients: new Map<string, number>(),
  };
}

function addTo(names: Map<string, number>, name: string | undefined, packets: number): void {
  if (name === undefined || (names.size >= mostNames && !names.has(name))) return;
  names.set(name, (names.get(name) ?? 0) + packets);
}

function top(names: ReadonlyMap<string, number>): Counted[] {
  return [...names]
    .sort(([, a], [, b]) => b - a)
    .slice(0, most)
    .map(([name, packets]) => ({ name, packets }));
}
