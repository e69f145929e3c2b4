import { createHistogram, type HistogramValues } from '@lbx/core';

/** How late timers come: what a change would have to wait before anything is done about it. */
export interface EventLoopLag {
  readonly values: HistogramValues;
  close(): void;
}

/** Takes a sample twice a second. Keeps no process alive. */
export function watchEventLoop(periodMs = 500): EventLoopLag {
  const histogram = createHistogram();
  let due = performance.now() + periodMs;
  const timer = setInterval(() => {
    const now = performance.now();
    histogram.observe((now - due) / 1000);
    due = now + periodMs;
  }, periodMs).unref();
  return {
    get values() {
      return histogram.values;
    },
    close: () => clearInterval(timer),
  };
}
