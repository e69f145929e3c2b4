import {
  type Batch,
  createBatch,
  type MapLayout,
  type Table,
  TableError,
  type TableErrorCode,
  type UpdateFlag,
} from '@lbx/maps';
import type { BpfMap } from 'libbpf-ts';

/** Entries of one batch system call. Larger ones gain nothing and hold the bucket locks of a hash longer. */
const chunkEntries = 4096;

const tableCodes: ReadonlySet<string> = new Set<TableErrorCode>([
  'E2BIG',
  'ENOSPC',
  'EEXIST',
  'ENOENT',
  'EINVAL',
  'ENOMEM',
  'EPERM',
  'EBUSY',
  'EAGAIN',
]);

/** Turns what libbpf-ts threw into what a `Table` throws; `done` of a batch is kept. */
export function asTableError(
  error: unknown,
  map: string,
  operation: 'get' | 'set' | 'delete',
  maxEntries: number,
  doneBefore?: number,
): unknown {
  if (error instanceof TableError) return doneBefore === undefined ? error : error.afterBatch(doneBefore);
  const code = (error as { code?: unknown }).code;
  if (!(error instanceof Error) || typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) return error;
  const inBatch = (error as { done?: unknown }).done;
  const done =
    doneBefore === undefined ? undefined : doneBefore + (typeof inBatch === 'number' ? inBatch : 0);
  return new TableError(tableCodes.has(code) ? (code as TableErrorCode) : 'EIO', {
    map,
    operation,
    maxEntries,
    cause: error,
    ...(done === undefined ? {} : { done }),
  });
}

/**
 * A `Table` over a map in the kernel: single operations through buffers bound once, batches through
 * BPF_MAP_UPDATE_BATCH and BPF_MAP_DELETE_BATCH. The table does not own the map; close the map itself.
 */
export function createKernelTable<K, V>(map: BpfMap, layout: MapLayout<K, V>): Table<K, V> {
  const { key: keyCodec, value: valueCodec, name } = layout;
  const { maxEntries } = map;
  const one = map.bind();
  const keyView = new DataView(one.key.buffer, one.key.byteOffset, one.key.byteLength);
  const valueView = new DataView(one.value.buffer, one.value.byteOffset, one.value.byteLength);

  let shared: Batch<K, V> | undefined;
  const emptyBatch = (): Batch<K, V> => {
    shared ??= createBatch(layout, chunkEntries);
    shared.clear();
    return shared;
  };

  const guarded = <R>(operation: 'get' | 'set' | 'delete', act: () => R): R => {
    try {
      return act();
    } catch (error) {
      throw asTableError(error, name, operation, maxEntries);
    }
  };

  return {
    layout,
    maxEntries,
    get(key) {
      keyCodec.put(keyView, 0, key);
      return guarded('get', () => (one.lookup() ? valueCodec.get(valueView, 0, key) : undefined));
    },
    set(key, value, flag: UpdateFlag = 'any') {
      keyCodec.put(keyView, 0, key);
      valueCodec.put(valueView, 0, value, key);
      guarded('set', () => one.update(flag));
    },
    delete(key) {
      keyCodec.put(keyView, 0, key);
      return guarded('delete', () => one.delete());
    },
    *entries() {
      for (const [keyBytes, valueBytes] of map.entries()) {
        const key = keyCodec.decode(keyBytes);
        yield [key, valueCodec.decode(valueBytes, key)];
      }
    },
    setBatch(entries) {
      const batch = emptyBatch();
      let done = 0;
      const flush = () => {
        if (batch.count === 0) return;
        try {
          map.updateBatch(batch.keys, batch.values, { count: batch.count });
        } catch (error) {
          throw asTableError(error, name, 'set', maxEntries, done);
        }
        done += batch.count;
        batch.clear();
      };
      for (const [key, value] of entries) {
        batch.push(key, value);
        if (batch.isFull) flush();
      }
      flush();
      return done;
    },
    deleteBatch(keys) {
      const batch = emptyBatch();
      let deleted = 0;
      const flush = () => {
        if (batch.count === 0) return;
        try {
          deleted += map.deleteBatch(batch.keys, { count: batch.count });
        } catch (error) {
          throw asTableError(error, name, 'delete', maxEntries, deleted);
        }
        batch.clear();
      };
      for (const key of keys) {
        batch.pushKey(key);
        if (batch.isFull) flush();
      }
      flush();
      return deleted;
    },
  };
}
