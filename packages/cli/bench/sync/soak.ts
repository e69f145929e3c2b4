import type { BenchRow as Row } from '../../../../scripts/bench-row.ts';

export async function soak(_seconds: number): Promise<Row[]> {
  return [];
}
