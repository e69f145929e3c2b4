import Table from 'cli-table3';
import { colors } from './colors.ts';

/** A table for people: left-aligned, no frame, one space between columns, so that it also greps and cuts well. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const made = new Table({
    head: head.map((text) => colors.bold(text)),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      'left-mid': '',
      mid: '',
      'mid-mid': '',
      right: '',
      'right-mid': '',
      middle: '',
    },
  });
  made.push(...rows.map((row) => row.map(String)));
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** JSON for programs; 64-bit integers become decimal text, tables of numbers stay arrays. */
export function json(value: unknown, indent?: number): string {
  return JSON.stringify(
    value,
    (_key, inner) =>
      typeof inner === 'bigint'
        ? String(inner)
        : ArrayBuffer.isView(inner)
          ? [...(inner as Uint32Array)]
          : inner,
    indent,
  );
}
