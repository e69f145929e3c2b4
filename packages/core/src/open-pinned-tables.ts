import { existsSync } from 'node:fs';
import { type AnyLayout, type AnyTable, catalog, type PinPlace, pinPath } from '@lbx/maps';
import { BpfMap } from 'libbpf-ts';
import { createKernelTable } from './tables/kernel-table.ts';
import { createMaglevTable } from './tables/maglev-table.ts';

/** Tables over pinned maps; close them when done. */
export interface PinnedTables extends Disposable {
  readonly tables: ReadonlyMap<string, AnyTable>;
  close(): void;
}

/**
 * Opens every map of the catalog that is pinned at a place: our own pins by default, an installed Cilium's with
 * `ciliumPins` of `@lbx/maps`. Sizes of keys and values are compared with the layouts.
 * @throws MapMismatchError (`LBX_MAP_MISMATCH`) for a map of another layout.
 */
export function openPinnedTables(place: PinPlace = {}): PinnedTables {
  const maps: BpfMap[] = [];
  const tables = new Map<string, AnyTable>();
  const close = () => {
    for (const map of maps) map.close();
  };
  try {
    for (const layout of Object.values<AnyLayout>(catalog)) {
      const path = pinPath(layout, place);
      if (!existsSync(path)) continue;
      const map = BpfMap.openPinned(path, {
        type: layout.type,
        keySize: layout.key.size,
        valueSize: layout.valueSize,
      });
      maps.push(map);
      tables.set(layout.name, openTable(map, layout));
    }
  } catch (error) {
    close();
    throw error;
  }
  return { tables, close, [Symbol.dispose]: close };
}

function openTable(map: BpfMap, layout: AnyLayout): AnyTable {
  return layout.inner === undefined ? createKernelTable(map, layout) : createMaglevTable(map, layout);
}
