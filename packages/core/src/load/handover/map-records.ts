import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { mapLayout, scalar, struct, u32 } from '@lbx/maps';
import { BpfMap } from 'libbpf-ts';
import { createKernelTable } from '../../tables/kernel-table.ts';

const MapRecordKey = scalar('mapId', u32.doc("The kernel's id of a map"));
const MapRecord = struct('lbx_map_record', {
  version: u32.doc('Of the layout of its entries'),
  first: u32.doc('Of lbx_rev4 and lbx_rev6: the SNAT port of element 0'),
});

/** What maps do not tell of themselves; for user space only. */
const recordLayout = mapLayout('hash', 'lbx_map_records', MapRecordKey, MapRecord, {
  maxEntries: 4096,
  flags: 1,
  doc: 'What maps do not tell of themselves',
});

export interface MapRecord {
  readonly version: number;
  readonly first: number;
}

/**
 * Notes about maps, pinned beside them: by the kernel's id, so that a note and its map can never be of two minds, in
 * whatever moment a process dies.
 */
export interface MapRecords {
  get(map: BpfMap): MapRecord | undefined;
  set(map: BpfMap, record: MapRecord): void;
  /** Forgets all maps but these. */
  keep(maps: Iterable<BpfMap>): void;
  close(): void;
}

/** Opens the notes of a folder of pins; they are made with the first. Without a folder there are none. */
export function openMapRecords(folder: string | false, onMade: (map: BpfMap) => void): MapRecords {
  if (folder === false) return { get: () => undefined, set() {}, keep() {}, close() {} };
  const path = join(folder, recordLayout.name);
  const { type, flags, maxEntries, valueSize, name } = recordLayout;
  const spec = { name, type, flags, maxEntries, keySize: 4, valueSize };
  const isThere = existsSync(path);
  const map = isThere ? BpfMap.openPinned(path, { type, keySize: 4, valueSize }) : BpfMap.create(spec);
  if (!isThere) {
    map.pin(path);
    onMade(map);
  }
  const table = createKernelTable(map, recordLayout);
  return {
    get: ({ id }) => table.get({ mapId: id }),
    set: ({ id }, record) => table.set({ mapId: id }, record),
    keep(maps) {
      const ids = new Set([...maps].map(({ id }) => id));
      for (const [key] of [...table.entries()]) if (!ids.has(key.mapId)) table.delete(key);
    },
    close: () => map.close(),
  };
}
