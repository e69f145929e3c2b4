import type { ServiceMapName } from '../catalog.ts';
import { countUntilError } from '../tables/count-until-error.ts';
import type { Tables } from '../tables/memory-tables.ts';
import type { AnyTable } from '../tables/table.ts';

/** Told of each single write after it was done. */
export interface WriteListener {
  set(map: ServiceMapName, key: unknown, value: unknown): void;
  delete(map: ServiceMapName, key: unknown): void;
}

/** The same tables; a listener sees every single write, those of batches one by one. */
export function watchTables(tables: Tables, listener: WriteListener): Tables {
  return Object.fromEntries(
    Object.entries(tables).map(([map, table]) => [map, watched(map as ServiceMapName, table, listener)]),
  ) as unknown as Tables;
}

function watched(map: ServiceMapName, table: AnyTable, listener: WriteListener): AnyTable {
  const self: AnyTable = {
    layout: table.layout,
    maxEntries: table.maxEntries,
    get: (key) => table.get(key),
    entries: () => table.entries(),
    set(key, value, flag) {
      table.set(key, value, flag);
      listener.set(map, key, value);
    },
    delete(key) {
      const was = table.delete(key);
      if (was) listener.delete(map, key);
      return was;
    },
    setBatch: (entries) =>
      countUntilError(entries, ([key, value]) => {
        self.set(key, value);
        return true;
      }),
    deleteBatch: (keys) => countUntilError(keys, (key) => self.delete(key)),
  };
  return self;
}
