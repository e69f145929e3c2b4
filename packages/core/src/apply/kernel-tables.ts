import { type AnyLayout, type AnyTable, type ServiceMapName, serviceCatalog, type Tables } from '@lbx/maps';
import type { BpfMap } from 'libbpf-ts';
import { type Derived, openDerived } from '../derived/open-derived.ts';
import { createKernelTable } from '../tables/kernel-table.ts';
import { createMaglevTable } from '../tables/maglev-table.ts';
import type { BackendPlaces } from './backend-places.ts';

/** The tables that the control plane writes, over kernel maps. */
export interface KernelTables
  extends Pick<Derived, 'foundPlaceOf' | 'frontendMeta' | 'refreshBackends' | 'repair'> {
  readonly tables: Tables;
}

/**
 * Opens the service maps as tables. Where the packet programs are loaded too, writing them keeps the derived state (gate
 * bitmap, backend metadata) in line.
 *
 * @param given - tables in memory in their place, for tests.
 */
export function openKernelTables(
  maps: ReadonlyMap<string, BpfMap>,
  maglevSize: number,
  places: BackendPlaces,
  given?: Tables,
): KernelTables {
  const plain = given ?? openTables(maps, maglevSize);
  const { tables, ...derived } = openDerived(maps, plain, places);
  return { tables: { ...plain, ...tables }, ...derived };
}

function openTables(maps: ReadonlyMap<string, BpfMap>, maglevSize: number): Tables {
  return Object.fromEntries(
    (Object.keys(serviceCatalog) as ServiceMapName[]).map((name) => [
      name,
      openTable(maps, name, maglevSize),
    ]),
  ) as unknown as Tables;
}

function openTable(maps: ReadonlyMap<string, BpfMap>, name: ServiceMapName, maglevSize: number): AnyTable {
  const layout: AnyLayout = serviceCatalog[name];
  const map = maps.get(name);
  if (map === undefined) throw new Error(`no loaded object declares the map ${name}`);
  return layout.inner === undefined
    ? createKernelTable(map, layout)
    : createMaglevTable(map, layout, maglevSize);
}
