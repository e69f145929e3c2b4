import { table } from '../output/output.ts';
import type { Rates, TrafficRate } from './rates.ts';

/** For people: what all carry together, then a row each, so many of them. */
export function rateLines({ rows, by, newFlows, drops, seconds }: Rates, mostRows: number): string[] {
  const more = rows.length - mostRows;
  const named = rows.some(({ service }) => service !== undefined);
  const shown = rows.slice(0, mostRows);
  return [
    `${rows.length} busy ${by}${rows.length === 1 ? '' : 's'}, ${perSecond(newFlows)} new flows/s, ${perSecond(drops)} drops/s (over ${seconds.toFixed(1)} s)`,
    ...table(
      // Names come last: a narrow terminal cuts them, not the numbers.
      ['packets/s in', 'out', 'Mbit/s in', 'out', by, ...(named ? ['service'] : [])],
      shown.map((row) => [...numbers(row), row.name, ...(named ? [row.service ?? '-'] : [])]),
    ).split('\n'),
    ...(more > 0 ? [`and ${more} more`] : []),
  ];
}

const numbers = (row: TrafficRate): string[] => [
  perSecond(row.in.packets),
  perSecond(row.out.packets),
  megabits(row.in.bytes),
  megabits(row.out.bytes),
];

const perSecond = (rate: number) => rate.toFixed(rate < 10 ? 1 : 0);
const megabits = (bytes: number) => ((8 * bytes) / 1e6).toFixed(2);
