import { catalog } from '../catalog.ts';
import type { Text } from '../codec/field.ts';
import { MapsError } from '../errors.ts';
import { lookupTableDigest } from '../layouts/maglev-text.ts';
import type { AnyLayout } from '../layouts/map-layout.ts';
import type { AnyTable } from '../tables/table.ts';
import { forms } from './forms.ts';
import { naturalOrder } from './natural-order.ts';

/** An entry of any map. */
export interface DumpEntry {
  readonly map: string;
  readonly key: unknown;
  /** Of a per-CPU map: an array of one value per CPU. */
  readonly value: unknown;
}

/** What can be dumped: tables by any name (those that are not there are left out), a snapshot or a projection, or entries one after the other. */
export type DumpSource =
  | Readonly<Record<string, AnyTable | undefined>>
  | { readonly entries: ReadonlyMap<string, DumpEntry> }
  | Iterable<DumpEntry>;

export interface DumpOptions {
  /** Layouts by map name; default the catalog. */
  readonly layouts?: Readonly<Record<string, AnyLayout>>;
  /** `full` writes lookup tables so that they can be read back, `digest` only how often each backend occurs. Default full. */
  readonly maglev?: 'full' | 'digest';
}

/** Between the values of the CPUs of a per-CPU entry. */
export const CPU_SEPARATOR = ' / ';

/**
 * One line per entry, `map key => value`, sorted; the same entries give the same lines. `parseDump` reads them back.
 *
 *     lb4_backends_v3 id=1 => 192.0.2.10:8080/TCP active
 *     lb4_services_v2 198.51.100.1:80/TCP ext slot=0 => alg=random affinity=0 count=1 qcount=0 flags=LoadBalancer|routable rev=1
 */
export function dump(source: DumpSource, options: DumpOptions = {}): string[] {
  const { layouts = catalog, maglev = 'full' } = options;
  const lines: string[] = [];
  for (const entry of entriesOf(source)) lines.push(formatEntry(layoutOf(layouts, entry.map), entry, maglev));
  return lines.sort(naturalOrder);
}

/** Entries of a source, in its order. */
export function* entriesOf(source: DumpSource): IterableIterator<DumpEntry> {
  if (Symbol.iterator in source) {
    yield* source as Iterable<DumpEntry>;
  } else if (source.entries instanceof Map) {
    yield* (source.entries as ReadonlyMap<string, DumpEntry>).values();
  } else {
    for (const table of Object.values(source as Readonly<Record<string, AnyTable | undefined>>)) {
      if (table === undefined) continue;
      for (const [key, value] of table.entries()) yield { map: table.layout.name, key, value };
    }
  }
}

function layoutOf(layouts: Readonly<Record<string, AnyLayout>>, map: string): AnyLayout {
  if (Object.hasOwn(layouts, map)) return layouts[map]!;
  throw new MapsError('LBX_LAYOUT', `no layout for a map ${map}; give one in options.layouts`);
}

function formatEntry(layout: AnyLayout, { map, key, value }: DumpEntry, maglev: 'full' | 'digest'): string {
  const isDigest = maglev === 'digest' && value instanceof Uint32Array;
  const text = valueTextOf(layout, key);
  const shown = isDigest
    ? lookupTableDigest(value)
    : isPerCpu(layout)
      ? (value as unknown[]).map((one) => text.format(one)).join(CPU_SEPARATOR)
      : text.format(value);
  return `${map} ${keyTextOf(layout).format(key)} => ${shown}`;
}

/** Text of a map's keys. */
export function keyTextOf(layout: AnyLayout): Text<unknown> {
  return forms[layout.name]?.key ?? layout.key.text;
}

/** Text of a map's values, of one CPU where there are several. */
export function valueTextOf(layout: AnyLayout, key: unknown): Text<unknown> {
  const form = forms[layout.name]?.value;
  return form === undefined ? layout.value.textFor(key) : form(key);
}

export const isPerCpu = (layout: AnyLayout): boolean =>
  layout.type === 'percpu_array' || layout.type === 'percpu_hash' || layout.type === 'lru_percpu_hash';
