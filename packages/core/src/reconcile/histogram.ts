/** Counts of durations, as Prometheus has them: each bucket has all up to its bound. */
export interface HistogramValues {
  /** Upper bounds in seconds, ascending; what is longer is in `count` only. */
  readonly bounds: readonly number[];
  /** By bound; cumulative. */
  readonly counts: readonly number[];
  readonly count: number;
  /** Seconds. */
  readonly sum: number;
}

export interface Histogram {
  observe(seconds: number): void;
  readonly values: HistogramValues;
}

/** The bounds of kube-proxy's measure of the same: a millisecond, and twice as much 19 times. */
export const latencyBounds: readonly number[] = Array.from({ length: 20 }, (_, i) => 0.001 * 2 ** i);

export function createHistogram(bounds: readonly number[] = latencyBounds): Histogram {
  const inBucket = new Array<number>(bounds.length).fill(0);
  let count = 0;
  let sum = 0;
  return {
    observe(seconds) {
      // Clocks of two machines may disagree.
      const value = Math.max(0, seconds);
      count++;
      sum += value;
      const bucket = bounds.findIndex((bound) => value <= bound);
      if (bucket >= 0) inBucket[bucket] = (inBucket[bucket] ?? 0) + 1;
    },
    get values() {
      let total = 0;
      return { bounds, counts: inBucket.map((n) => (total += n)), count, sum };
    },
  };
}
