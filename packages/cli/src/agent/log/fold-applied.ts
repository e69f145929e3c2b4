import type { AgentEvent } from '../agent-event.ts';

type Applied = Extract<AgentEvent, { event: 'applied' }>;

/** Makes few lines of many changes. */
export interface AppliedFold {
  add(event: Applied): void;
  /** Tells what was held back, and ends. */
  close(): void;
}

/** The first change is told at once; what comes within `windowMs` after that is told together at its end, and so on. */
export function foldApplied(tell: (event: Applied) => void, windowMs = 10_000): AppliedFold {
  let timer: NodeJS.Timeout | undefined;
  let held: Applied | undefined;
  const open = () => {
    timer = setTimeout(() => {
      timer = undefined;
      flush();
    }, windowMs).unref();
  };
  const flush = () => {
    if (held === undefined) return;
    const told = held;
    held = undefined;
    tell(told);
    open();
  };
  return {
    add(event) {
      held = held === undefined ? event : sum(held, event);
      if (timer === undefined) flush();
    },
    close() {
      flush();
      clearTimeout(timer);
    },
  };
}

const sum = (a: Applied, b: Applied): Applied => ({
  event: 'applied',
  applies: (a.applies ?? 1) + (b.applies ?? 1),
  frontends: b.frontends,
  writes: a.writes + b.writes,
  failed: a.failed + b.failed,
  refused: b.refused,
  applyMs: a.applyMs + b.applyMs,
  sinceEventMs: Math.max(a.sinceEventMs, b.sinceEventMs),
});
