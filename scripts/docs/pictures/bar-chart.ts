import { type Colour, colour, drawing, round, text } from './svg.ts';

export interface Bar {
  readonly label: string;
  /** undefined: no such measurement. */
  readonly value: number;
  readonly colour: Colour;
}

/** Horizontal bars, each with its value at its end. */
export function barChart(title: string, unit: string, bars: readonly Bar[]): string {
  const [left, rowHeight, top, width] = [290, 26, 50, 760];
  const widest = Math.max(...bars.map(({ value }) => value));
  const scale = (width - left - 100) / widest;
  const rows = bars.flatMap(({ label, value, colour: fill }, n) => {
    const y = top + n * rowHeight;
    return [
      text(left - 10, y + 16, label, { anchor: 'end', size: 13 }),
      `<rect x="${left}" y="${y + 4}" width="${round(Math.max(1, value * scale))}" height="${rowHeight - 10}" rx="2" fill="${colour(fill)}"/>`,
      text(
        left + value * scale + 8,
        y + 16,
        `${value.toLocaleString('en-US', { maximumSignificantDigits: 4 })} ${unit}`,
        { size: 12, fill: 'soft' },
      ),
    ];
  });
  return drawing(width, top + bars.length * rowHeight + 14, title, [
    text(20, 30, title, { bold: true }),
    ...rows,
  ]);
}
