// SVG as text. Colours are names that follow the reader's setting: light or dark.

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Names of colours, for light and for dark surroundings. */
const colours = {
  ink: ['#1f2328', '#e6edf3'],
  soft: ['#59636e', '#9198a1'],
  line: ['#d1d9e0', '#3d444d'],
  paper: ['#ffffff', '#0d1117'],
  panel: ['#f6f8fa', '#151b23'],
  a: ['#0b6e4f', '#5fd3a8'],
  b: ['#8250df', '#c297ff'],
  c: ['#bc4c00', '#f0883e'],
  d: ['#0969da', '#6cb6ff'],
} as const;

export type Colour = keyof typeof colours;

const variables = (which: 0 | 1): string =>
  Object.entries(colours)
    .map(([name, values]) => `--lbx-${name}:${values[which]}`)
    .join(';');

/** What a page needs around drawings that are part of it; `dark` is a selector of the page in dark. @keep for docs/.vitepress */
export const pictureStyle = (dark: string): string =>
  `.lbx-picture{${variables(0)}}\n${dark} .lbx-picture{${variables(1)}}\n`;

export const colour = (name: Colour): string => `var(--lbx-${name})`;

/** A whole drawing. `title` is what screen readers say. */
export function drawing(width: number, height: number, title: string, body: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" class="lbx-picture" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(title)}" font-family="system-ui, sans-serif" font-size="14">
<style>.lbx-picture{${variables(0)}}@media(prefers-color-scheme:dark){.lbx-picture{${variables(1)}}}</style>
<rect width="${width}" height="${height}" rx="8" fill="${colour('paper')}"/>
${body.join('\n')}
</svg>
`;
}

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

export interface TextStyle {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly fill?: Colour;
  readonly size?: number;
  readonly bold?: boolean;
}

export function text(x: number, y: number, words: string, style: TextStyle = {}): string {
  const { anchor = 'start', fill = 'ink', size = 14, bold = false } = style;
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="${colour(fill)}" font-size="${size}"${bold ? ' font-weight="600"' : ''}>${escapeXml(words)}</text>`;
}

/** A rounded box with lines of words in its middle, the first one bold. */
export function box({ x, y, width, height }: Box, words: readonly string[], border: Colour = 'line'): string {
  const middle = x + width / 2;
  const top = y + height / 2 - (words.length - 1) * 9 + 5;
  const frame = `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="6" fill="${colour('panel')}" stroke="${colour(border)}" stroke-width="1.5"/>`;
  return [
    frame,
    ...words.map((line, n) =>
      text(middle, top + n * 18, line, {
        anchor: 'middle',
        bold: n === 0,
        fill: n === 0 ? 'ink' : 'soft',
        size: n === 0 ? 14 : 12,
      }),
    ),
  ].join('\n');
}

export type Point = readonly [x: number, y: number];

export function polyline(points: readonly Point[], stroke: Colour, dashed = false): string {
  const path = points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ');
  return `<polyline points="${path}" fill="none" stroke="${colour(stroke)}" stroke-width="2"${dashed ? ' stroke-dasharray="5 4"' : ''}/>`;
}

/** A line with a head at its end. */
export function arrow(points: readonly Point[], stroke: Colour = 'soft', dashed = false): string {
  const [x, y] = points.at(-1)!;
  const [px, py] = points.at(-2)!;
  const angle = Math.atan2(y - py, x - px);
  const wing = (turn: number): Point => [x - 9 * Math.cos(angle + turn), y - 9 * Math.sin(angle + turn)];
  const head = [[x, y] as Point, wing(0.4), wing(-0.4)]
    .map(([hx, hy]) => `${round(hx)},${round(hy)}`)
    .join(' ');
  return `${polyline(points, stroke, dashed)}\n<polygon points="${head}" fill="${colour(stroke)}"/>`;
}

export const round = (value: number): number => Math.round(value * 10) / 10;
