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

/**
 * What each row is held against: the last row above it whose case begins with "floor" and that has its unit. A case over
 * many random keys (…-64k) has a floor over as many.
 */
export function floorsOf(rows: readonly BenchRow[]): ReadonlyMap<BenchRow, BenchRow> {
  const last = new Map<string, BenchRow>();
  const floors = new Map<BenchRow, BenchRow>();
  for (const row of rows) {
    const kind = `${row.suite} ${row.unit} ${row.case.endsWith('-64k')}`;
    const floor = last.get(kind);
    if (row.case.startsWith('floor')) last.set(kind, row);
    else if (floor !== undefined) floors.set(row, floor);
  }
  return floors;
}
