/** One line of a benchmark: what `npm run bench` prints. */
export interface BenchRow {
  readonly suite: string;
  readonly case: string;
  readonly unit: string;
  readonly min: number;
  readonly median: number;
  /** Number of measurements behind min and median. */
  readonly runs: number;
  /** Case of the floor that this row is held against, where it is not the last one above it. */
  readonly floor?: string;
}

/** Smallest and middle value of at least one measurement. */
export function minAndMedian(values: readonly number[]): { readonly min: number; readonly median: number } {
  const sorted = [...values].sort((a, b) => a - b);
  return { min: sorted[0]!, median: sorted[sorted.length >> 1]! };
}

/**
 * What each row is held against: the floor that it names, or the last row above it whose case begins with "floor" and that
 * has its unit, and which no row names. A case over many random keys (…-64k) has a floor over as many.
 */
export function floorsOf(rows: readonly BenchRow[]): ReadonlyMap<BenchRow, BenchRow> {
  const named = new Set(rows.map(({ floor }) => floor));
  const byCase = new Map(rows.map((row) => [row.case, row]));
  const last = new Map<string, BenchRow>();
  const floors = new Map<BenchRow, BenchRow>();
  for (const row of rows) {
    const kind = `${row.suite} ${row.unit} ${row.case.endsWith('-64k')}`;
    const floor = row.floor === undefined ? last.get(kind) : byCase.get(row.floor);
    if (floor !== undefined && !row.case.startsWith('floor')) floors.set(row, floor);
    if (row.case.startsWith('floor') && !named.has(row.case)) last.set(kind, row);
  }
  return floors;
}
