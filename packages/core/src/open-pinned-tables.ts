import { existsSync } from 'node:fs';
import {
  type AnyLayout,
  type AnyTable,
  catalog,
  type MapKey,
  type MapName,
  type MapValue,
  type PinPlace,
  pinPath,
  type Table,
} from '@lbx/maps';
import { BpfMap } from 'libbpf-ts';
import { placeOf } from './pinned/pin-place.ts';
import { assertKnownLayout, assertNoNewerVersion } from './pinned/unknown-layout.ts';
import { createKernelTable } from './tables/kernel-table.ts';
import { createMaglevTable } from './tables/maglev-table.ts';

/** Tables over pinned maps; close them when done. */
export interface PinnedTables extends Disposable {
  /** By the map's name, of those that are pinned; what `explain`, `dump` and `readSnapshot` of `@lbx/maps` take. */
  readonly tables: { readonly [N in MapName]?: Table<MapKey<N>, MapValue<N>> };
  close(): void;
}

/**
 * Opens every map of the catalog that is pinned at a place: our own pins by default, an installed Cilium's with
 * `ciliumPins` of `@lbx/maps`, or those of a folder that is named by its path. Types and sizes are compared with the layouts. With `readOnly`, the kernel refuses to write.
 * @throws CoreError `LBX_LAYOUT_UNKNOWN` for a map of another layout, or beside a newer version of it.
 */
export function openPinnedTables(
  place: PinPlace | string = {},
  { readOnly = false }: { readonly readOnly?: boolean } = {},
): PinnedTables {
  const from = placeOf(place);
  const maps: BpfMap[] = [];
  const tables: Record<string, AnyTable> = {};
  const close = () => {
    for (const map of maps) map.close();
  };
  try {
    for (const layout of Object.values<AnyLayout>(catalog)) {
      const path = pinPath(layout, from);
      assertNoNewerVersion(path);
      if (!existsSync(path)) continue;
      const map = BpfMap.openPinned(path, { name: layout.name }, { readOnly });
      maps.push(map);
      assertKnownLayout(map, path, layout);
      tables[layout.name] = openTable(map, layout);
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
