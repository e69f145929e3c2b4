import { type MapKey, type MapValue, type ServiceMapName, serviceCatalog } from '../catalog.ts';
import { MapsError } from '../errors.ts';
import { badOption, type OptionShape } from '../options/option-shape.ts';
import { createMemoryTable } from './memory-table.ts';
import type { FailOn } from './memory-table-options.ts';
import type { AnyTable, Table } from './table.ts';

/** The tables that the control plane writes, by map name. */
export type Tables = { readonly [N in ServiceMapName]: Table<MapKey<N>, MapValue<N>> };

export interface MemoryTablesOptions {
  /** Size of all maps, or of some. Default: that of the layouts. */
  readonly maxEntries?: number | Partial<Readonly<Record<ServiceMapName, number>>>;
  /** Length of the Maglev tables; any when left out. */
  readonly maglevSize?: number;
  /** `write` counts over all tables together: the n-th write of a plan is the n-th here. */
  readonly failOn?: FailOn;
}

const shape: OptionShape<MemoryTablesOptions> = {
  maxEntries: ['number', 'object'],
  maglevSize: 'number',
  failOn: 'call',
};
const sizes = Object.fromEntries(Object.keys(serviceCatalog).map((name) => [name, 'number'])) as OptionShape<
  Record<ServiceMapName, number>
>;

/** Memory tables for everything that the control plane writes. @throws MapsError `LBX_BAD_OPTION` */
export function createMemoryTables(options: MemoryTablesOptions = {}): Tables {
  const bad =
    badOption(options, shape) ??
    (typeof options.maxEntries === 'object' ? badOption(options.maxEntries, sizes) : undefined);
  if (bad !== undefined)
    throw new MapsError('LBX_BAD_OPTION', `createMemoryTables: ${bad.option}: ${bad.problem}`);
  const { maxEntries, maglevSize, failOn } = options;
  let writes = 0;
  const counted: FailOn | undefined =
    failOn && ((call) => failOn(call.operation === 'get' ? call : { ...call, write: ++writes }));
  const tables: Record<string, AnyTable> = {};
  for (const [name, layout] of Object.entries(serviceCatalog)) {
    const size = typeof maxEntries === 'number' ? maxEntries : maxEntries?.[name as ServiceMapName];
    tables[name] = createMemoryTable(layout as never, {
      ...(size === undefined ? {} : { maxEntries: size }),
      ...(counted === undefined ? {} : { failOn: counted }),
      ...(maglevSize === undefined ? {} : { tableSize: maglevSize }),
    });
  }
  return tables as Tables;
}
