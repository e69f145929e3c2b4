import { type MapLayout, type Table, TableError, type TableErrorCode, type UpdateFlag } from '@lbx/maps';
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
      guarded('set', () => (flag === 'any' ? one.update() : map.set(one.key, one.value, flag)));
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
      return inChunks(entries, (chunk, done) => {
        const keys = Buffer.alloc(chunk.length * keyCodec.size);
        const values = Buffer.alloc(chunk.length * valueCodec.size);
        const keysView = new DataView(keys.buffer, keys.byteOffset, keys.byteLength);
        const valuesView = new DataView(values.buffer, values.byteOffset, values.byteLength);
        chunk.forEach(([key, value], i) => {
          keyCodec.put(keysView, i * keyCodec.size, key);
          valueCodec.put(valuesView, i * valueCodec.size, value, key);
        });
        try {
          map.updateBatch(keys, values);
        } catch (error) {
          throw asTableError(error, name, 'set', maxEntries, done);
        }
        return chunk.length;
      });
    },
    deleteBatch(keys) {
      // One by one: the kernel's batch form stops at the first missing key, which is no error here.
      let deleted = 0;
      for (const key of keys) {
        keyCodec.put(keyView, 0, key);
        try {
          if (one.delete()) deleted++;
        } catch (error) {
          throw asTableError(error, name, 'delete', maxEntries, deleted);
        }
      }
      return deleted;
    },
  };
}

/** Feeds an iterable to `act` in arrays of bounded length; returns the sum of what it returned. */
function inChunks<T>(items: Iterable<T>, act: (chunk: readonly T[], done: number) => number): number {
  let done = 0;
  let chunk: T[] = [];
  for (const item of items) {
    chunk.push(item);
    if (chunk.length < chunkEntries) continue;
    done += act(chunk, done);
    chunk = [];
  }
  return chunk.length > 0 ? done + act(chunk, done) : done;
}
