import { arrow, type Colour, type Point, type TextStyle, text } from './svg.ts';

export interface LinkLabel extends Pick<TextStyle, 'anchor'> {
  readonly words: string;
  readonly x: number;
  readonly y: number;
}

/** An arrow along points (`140,120 228,120`, as SVG writes them), and what is said beside it. */
export function link(path: string, stroke: Colour = 'soft', label?: LinkLabel): string {
  const line = arrow(path.split(' ').map(pointOf), stroke);
  if (label === undefined) return line;
  const { words, x, y, anchor = 'start' } = label;
  return `${line}\n${text(x, y, words, { anchor, size: 12, fill: 'soft' })}`;
}

function pointOf(pair: string): Point {
  const [x = Number.NaN, y = Number.NaN] = pair.split(',').map(Number);
  return [x, y];
}
