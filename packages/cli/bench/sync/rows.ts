import { minAndMedian, type BenchRow as Row } from '../../../../scripts/bench-row.ts';

const round = (value: number) => Number(value.toPrecision(4));

/** A row of the suite over some measurements. */
export function row(name: string, unit: string, values: readonly number[], floor?: string): Row {
  const { min, median } = minAndMedian(values);
  const named = floor === undefined ? {} : { floor };
  return {
    suite: 'sync',
    case: name,
    unit,
    min: round(min),
    median: round(median),
    runs: values.length,
    ...named,
  };
}

/** The value that so many of a hundred measurements do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((sorted.length * percent) / 100) - 1)]!;
}

/** What is measured in one unit under several names, run after run. */
export class Series {
  readonly #values = new Map<
    string,
    { readonly unit: string; readonly values: number[]; readonly floor: string | undefined }
  >();

  add(name: string, unit: string, value: number, floor?: string): void {
    const known = this.#values.get(name);
    if (known === undefined) this.#values.set(name, { unit, values: [value], floor });
    else known.values.push(value);
  }

  rows(): Row[] {
    return [...this.#values].map(([name, { unit, values, floor }]) => row(name, unit, values, floor));
  }
}

/** "1", "1k", "10k" */
export const sizeName = (services: number): string =>
  services < 1000 ? `${services}` : `${services / 1000}k`;
