import { catalog, type MapEntry } from '../catalog.ts';
import { MapsError } from '../errors.ts';
import type { AnyLayout } from '../layouts/map-layout.ts';
import { CPU_SEPARATOR, type DumpEntry, isPerCpu, keyTextOf, valueTextOf } from './dump.ts';

export interface ParseDumpOptions {
  /** Layouts by map name; default the catalog. */
  readonly layouts?: Readonly<Record<string, AnyLayout>>;
}

/**
 * The entries of a dump, in its order: the inverse of `dump` (lookup tables only if they were dumped in full). Takes
 * lines or a text; empty lines and lines that begin with `#` are skipped. Everything is checked against the layouts; the
 * error names the line (LBX_DUMP_SYNTAX).
 */
export function parseDump(dump: string | Iterable<string>): MapEntry[];
export function parseDump(dump: string | Iterable<string>, options: ParseDumpOptions): DumpEntry[];
export function parseDump(dump: string | Iterable<string>, options: ParseDumpOptions = {}): DumpEntry[] {
  const { layouts = catalog } = options;
  const entries: DumpEntry[] = [];
  let number = 0;
  for (const raw of typeof dump === 'string' ? dump.split('\n') : dump) {
    number++;
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    try {
      entries.push(parseLine(layouts, line));
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      throw new MapsError('LBX_DUMP_SYNTAX', `line ${number} of the dump: ${problem}`, { cause: error });
    }
  }
  return entries;
}

const LINE = /^(?<map>\S+) (?<key>.+?) => (?<value>.+)$/;

function parseLine(layouts: Readonly<Record<string, AnyLayout>>, line: string): DumpEntry {
  const groups = LINE.exec(line)?.groups;
  if (groups === undefined)
    throw new Error(`expected "map key => value", got ${JSON.stringify(line.slice(0, 120))}`);
  const { map = '', key: keyText = '', value: valueText = '' } = groups;
  if (!Object.hasOwn(layouts, map)) throw new Error(`no layout for a map ${map}`);
  const layout = layouts[map]!;
  const key = keyTextOf(layout).parse(keyText);
  layout.key.encode(key); // throws unless the key fits
  const text = valueTextOf(layout, key);
  const parseValue = (part: string) => {
    const value = text.parse(part);
    layout.value.encode(value, key);
    return value;
  };
  const value = isPerCpu(layout) ? valueText.split(CPU_SEPARATOR).map(parseValue) : parseValue(valueText);
  return { map, key, value };
}
