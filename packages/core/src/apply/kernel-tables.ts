import { type AnyLayout, type AnyTable, type ServiceMapName, serviceCatalog, type Tables } from '@lbx/maps';
import type { BpfMap } from 'libbpf-ts';
import { openDerived } from '../derived/open-derived.ts';
import { localAddresses } from '../node-addresses.ts';
import { createKernelTable } from '../tables/kernel-table.ts';
import { createMaglevTable } from '../tables/maglev-table.ts';
import { type BackendPlaces, createBackendPlaces } from './backend-places.ts';

/** The tables that the control plane writes, over kernel maps. */
export interface KernelTables {
  readonly tables: Tables;
  readonly places: BackendPlaces;
  /** Works out anew which of these backends (all, when none are named) are on this node. */
  refreshBackends(names: Iterable<string> | undefined): void;
}

/**
 * Opens the service maps as tables. Where the packet programs are loaded too, writing them keeps the derived state (gate
 * bitmap, backend metadata) in line.
 */
export function openKernelTables(maps: ReadonlyMap<string, BpfMap>, maglevSize: number): KernelTables {
  const places = createBackendPlaces(new Set(localAddresses().map(({ address }) => address)));
  const plain = Object.fromEntries(
    (Object.keys(serviceCatalog) as ServiceMapName[]).map((name) => [
      name,
      openTable(maps, name, maglevSize),
    ]),
  ) as unknown as Tables;
  const derived = openDerived(maps, plain, places);
  return { tables: { ...plain, ...derived.tables }, places, refreshBackends: derived.refreshBackends };
}

function openTable(maps: ReadonlyMap<string, BpfMap>, name: ServiceMapName, maglevSize: number): AnyTable {
  const layout: AnyLayout = serviceCatalog[name];
  const map = maps.get(name);
  if (map === undefined) throw new Error(`no loaded object declares the map ${name}`);
  return layout.inner === undefined
    ? createKernelTable(map, layout)
    : createMaglevTable(map, layout, maglevSize);
}
