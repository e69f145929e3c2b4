import { createHistogram, type HistogramValues } from './histogram.ts';

/** When what a change answers came to be. */
export interface ChangeTimes {
  /** By service: when its endpoints changed in the cluster, milliseconds since 1970. */
  readonly triggeredAt?: ReadonlyMap<string, number>;
  /** When the first event of the change arrived here; of performance.now(). */
  readonly receivedAt?: number;
}

/** How long changes of services took until they were in force, in seconds. */
export interface ProgrammingLatency {
  /** From the change of endpoints in the cluster. The clocks of the cluster and of this node must agree. */
  readonly fromTrigger: HistogramValues;
  /** From the arrival of the change. */
  readonly fromEvent: HistogramValues;
}

/** Measures changes until the services that they are about are in force. */
export interface LatencyMeter {
  /** A change of these services is about to be written. */
  begin(services: Iterable<string>, times: ChangeTimes): void;
  /** Something was written: what is not in `waiting` is in force. */
  written(waiting: ReadonlySet<string>): void;
  readonly latency: ProgrammingLatency;
}

interface Begun {
  readonly triggeredAt: number | undefined;
  readonly receivedAt: number | undefined;
}

export function createLatencyMeter(clocks: {
  /** Milliseconds since 1970. */
  readonly wall: () => number;
  /** performance.now(). */
  readonly steady: () => number;
}): LatencyMeter {
  const fromTrigger = createHistogram();
  const fromEvent = createHistogram();
  const begun = new Map<string, Begun>();
  const earlier = (a: number | undefined, b: number | undefined) =>
    a === undefined ? b : b === undefined ? a : Math.min(a, b);
  return {
    begin(services, { triggeredAt, receivedAt }) {
      if (receivedAt === undefined && triggeredAt === undefined) return;
      for (const service of services) {
        const before = begun.get(service);
        // What waits already has waited since then.
        begun.set(service, {
          triggeredAt: earlier(before?.triggeredAt, triggeredAt?.get(service)),
          receivedAt: earlier(before?.receivedAt, receivedAt),
        });
      }
    },
    written(waiting) {
      const [wall, steady] = [clocks.wall(), clocks.steady()];
      for (const [service, times] of begun) {
        if (waiting.has(service)) continue;
        begun.delete(service);
        if (times.triggeredAt !== undefined) fromTrigger.observe((wall - times.triggeredAt) / 1000);
        if (times.receivedAt !== undefined) fromEvent.observe((steady - times.receivedAt) / 1000);
      }
    },
    get latency() {
      return { fromTrigger: fromTrigger.values, fromEvent: fromEvent.values };
    },
  };
}
