import type { ValueNames } from '../codec/field.ts';
import type { FieldInfo, Struct } from '../codec/struct.ts';
import { type AnyLayout, MapFlag } from '../layouts/map-layout.ts';

/**
 * Documentation of maps as Markdown: a table of the maps, then each struct with the offset, size, C type, byte order
 * and meaning of its members. `level` is the depth of the headings.
 */
export function describe(layouts: Readonly<Record<string, AnyLayout>>, level = 2): string {
  const heading = '#'.repeat(level);
  const maps = Object.values(layouts);
  const structs = new Map<string, Struct<unknown>[]>();
  for (const struct of maps.flatMap((layout) => [...layout.key.readings, ...layout.value.readings])) {
    if (struct.isScalar || !hasMembers(struct)) continue;
    const readings = structs.get(struct.name) ?? [];
    if (!readings.some((one) => sameMembers(one, struct))) readings.push(struct);
    structs.set(struct.name, readings);
  }
  const lines = [
    `${heading} Maps`,
    '',
    '| map | type | flags | max entries | key | value | holds |',
    '|---|---|---|---:|---|---|---|',
    ...maps.map(mapRow),
    '',
    `${heading} Structs`,
    '',
  ];
  for (const [name, readings] of structs) lines.push(...structSection(name, readings, level + 1));
  return `${lines.join('\n').trimEnd()}\n`;
}

const hasMembers = (struct: Struct<unknown>) => struct.fields.some((field) => !field.isPad);
const sameMembers = (a: Struct<unknown>, b: Struct<unknown>) =>
  JSON.stringify(a.fields) === JSON.stringify(b.fields);

function mapRow(layout: AnyLayout): string {
  const value =
    layout.inner === undefined
      ? sideOf(layout.value.readings)
      : `map of ${layout.inner.name}: ${layout.inner.type} of one value, a \`__u32\` backend id per table position`;
  const cells = [
    `\`${layout.name}\``,
    layout.type,
    flagNames(layout.flags),
    String(layout.maxEntries),
    sideOf(layout.key.readings),
    value,
    layout.doc,
  ];
  return row(cells);
}

/** A key or value in the table of maps: a link to its struct, or the bare integer. */
function sideOf(readings: readonly Struct<unknown>[]): string {
  const struct = readings[0]!;
  if (!hasMembers(struct)) return `\`${struct.name}\` 0`;
  if (!struct.isScalar) return `[\`${struct.name}\`](#${struct.name}), ${struct.size} B`;
  const field = struct.fields[0]!;
  const order = field.order === 'network' ? ', network order' : '';
  return `\`${field.ctype}\` \`${field.name}\`${order}`;
}

function structSection(name: string, readings: readonly Struct<unknown>[], level: number): string[] {
  const lines = [`${'#'.repeat(level)} ${name}`, '', `${readings[0]!.size} bytes.`, ''];
  for (const [i, reading] of readings.entries()) {
    if (readings.length > 1) lines.push(`Reading ${i + 1} of ${readings.length}:`, '');
    lines.push('| offset | size | C | TypeScript | order | meaning |', '|---:|---:|---|---|---|---|');
    lines.push(...reading.fields.map(fieldRow), '');
  }
  return lines;
}

function fieldRow(field: FieldInfo): string {
  const { offset, size, isPad } = field;
  if (isPad) return row([String(offset), String(size), 'padding', '', '', 'zero']);
  return row([
    String(offset),
    String(size),
    `\`${field.ctype} ${field.cName}\``,
    `\`${field.name}\``,
    field.order === 'none' ? '' : field.order,
    [field.doc, namesOf(field.names)].filter((part) => part !== '').join('; '),
  ]);
}

function namesOf(names: ValueNames | undefined): string {
  if (names === undefined) return '';
  const shown = ([name, value]: [string, number]) =>
    names.kind === 'flags' ? `0x${value.toString(16)} ${name}` : `${value} ${name}`;
  return Object.entries(names.byName).map(shown).join(', ');
}

function flagNames(flags: number): string {
  const names = Object.entries(MapFlag).filter(([, bit]) => (flags & bit) !== 0);
  return names.map(([name]) => name).join(', ');
}

// A bar inside of a cell would end it.
const row = (cells: readonly string[]) =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
