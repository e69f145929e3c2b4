import { type Colour, colour, drawing, type Point, polyline, round, text } from './svg.ts';

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface LineChart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xTicks: readonly number[];
  readonly yTicks: readonly number[];
  readonly yFormat: (value: number) => string;
  readonly series: readonly Series[];
}

const palette: readonly Colour[] = ['a', 'b', 'c', 'd'];

/** Lines over a logarithmic x axis and a linear y axis. */
export function lineChart({ title, xLabel, yLabel, xTicks, yTicks, yFormat, series }: LineChart): string {
  const [width, height, left, right, top, bottom] = [760, 400, 70, 20, 70, 50];
  const [x0, x1] = [Math.log(xTicks[0]!), Math.log(xTicks.at(-1)!)];
  const y1 = yTicks.at(-1)!;
  const px = (x: number) => left + ((Math.log(x) - x0) / (x1 - x0)) * (width - left - right);
  const py = (y: number) => height - bottom - (y / y1) * (height - top - bottom);
  const grid = yTicks.flatMap((y) => [
    `<line x1="${left}" x2="${width - right}" y1="${round(py(y))}" y2="${round(py(y))}" stroke="${colour('line')}"/>`,
    text(left - 8, py(y) + 5, yFormat(y), { anchor: 'end', size: 12, fill: 'soft' }),
  ]);
  const ticks = xTicks.map((x) =>
    text(px(x), height - bottom + 20, String(x), { anchor: 'middle', size: 12, fill: 'soft' }),
  );
  const lines = series.map(({ points }, n) =>
    polyline(
      points.map(([x, y]) => [px(x), py(y)] as const),
      palette[n]!,
    ),
  );
  const legend = series.map(({ name }, n) =>
    text(left + n * 190, 56, `— ${name}`, { size: 13, fill: palette[n]! }),
  );
  return drawing(width, height, title, [
    text(left, 30, title, { bold: true }),
    ...legend,
    ...grid,
    ...ticks,
    ...lines,
    text((left + width - right) / 2, height - 10, xLabel, { anchor: 'middle', size: 12, fill: 'soft' }),
    text(8, 18, yLabel, { size: 12, fill: 'soft' }),
  ]);
}
