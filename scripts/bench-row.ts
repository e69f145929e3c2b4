/** One line of a benchmark: what `npm run bench` prints. */
export interface BenchRow {
  readonly suite: string;
  readonly case: string;
  readonly unit: string;
  readonly min: number;
  readonly median: number;
  /** Number of measurements behind min and median. */
  readonly runs: number;
}

/** Smallest and middle value of at least one measurement. */
export function minAndMedian(values: readonly number[]): { readonly min: number; readonly median: number } {
  const sorted = [...values].sort((a, b) => a - b);
  return { min: sorted[0]!, median: sorted[sorted.length >> 1]! };
}
