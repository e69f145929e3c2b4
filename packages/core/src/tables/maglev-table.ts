import { type MapLayout, type Table, TableError, type UpdateFlag } from '@lbx/maps';
import { BpfMap } from 'libbpf-ts';
import { chunksOf } from './in-chunks.ts';
import { asTableError } from './kernel-table.ts';

/** Entries of one batch, and so inner maps that are open at once. */
const chunkEntries = 256;
/** Told for a table that is there and may not be read: unlike any that is wanted, so that it is written anew. */
const unreadable = new Uint32Array(0);

/**
 * A `Table` over a Maglev outer map: the value is the whole lookup table, held by an inner array map in the kernel.
 *
 * Inner maps are written once, before anything can see them, and never changed. Entries set with the same Uint32Array
 * share one; it lives as long as an outer entry holds it. The table keeps no inner fds open.
 *
 * The kernel opens an inner map by its id only for who has CAP_SYS_ADMIN. Without it, what another process wrote is told as
 * empty, and only entries that are set together share an inner map.
 */
export function createMaglevTable<K>(
  outer: BpfMap,
  layout: MapLayout<K, Uint32Array>,
  tableSize?: number,
): Table<K, Uint32Array> {
  const { key: keyCodec, value: valueCodec, name } = layout;
  const { maxEntries } = outer;
  /** Inner map of a table that was written before, by id: it may be gone by now, ids are not reused soon. */
  const idOf = new WeakMap<Uint32Array, number>();
  /** Contents by inner id, weakly: reading 10,000 outer entries yields as many arrays as there are inner maps. */
  const byId = new Map<number, WeakRef<Uint32Array>>();

  const innerFor = (table: Uint32Array): BpfMap => {
    const known = idOf.get(table);
    const open = known === undefined ? undefined : openInner(known, outer);
    if (open instanceof BpfMap) return open;
    const inner = BpfMap.create({
      name: layout.inner?.name ?? 'maglev_inner',
      type: 'array',
      keySize: 4,
      valueSize: table.length * 4,
      maxEntries: 1,
      flags: layout.inner?.flags ?? 0,
    });
    try {
      inner.set(new Uint8Array(4), valueCodec.encode(table, undefined as never));
    } catch (error) {
      inner[Symbol.dispose]();
      throw error;
    }
    idOf.set(table, inner.id);
    byId.set(inner.id, new WeakRef(table));
    return inner;
  };

  const read = (key: K, ref: Uint8Array): Uint32Array | undefined => {
    const id = new DataView(ref.buffer, ref.byteOffset, ref.byteLength).getUint32(0, true);
    const known = byId.get(id)?.deref();
    if (known !== undefined) return known;
    const inner = openInner(id, outer);
    if (inner === undefined) return undefined;
    if (inner === 'denied') return unreadable;
    try {
      const bytes = inner.get(new Uint8Array(4));
      if (bytes === undefined) return undefined;
      const table = valueCodec.decode(bytes, key);
      byId.set(id, new WeakRef(table));
      idOf.set(table, id);
      return table;
    } finally {
      inner[Symbol.dispose]();
    }
  };

  const checked = (table: Uint32Array): Uint32Array => {
    if (tableSize === undefined || table.length === tableSize) return table;
    const cause = new RangeError(
      `${name}: a lookup table of ${table.length} slots does not fit a map made for ${tableSize}; ` +
        'remove the pinned map or use its table size',
    );
    throw new TableError('EINVAL', { map: name, operation: 'set', maxEntries, cause });
  };

  const set = (key: K, table: Uint32Array, flag: UpdateFlag): void => {
    const inner = innerFor(checked(table));
    try {
      // The kernel takes the inner map's fd as a plain value; libbpf-ts has a form of its own for it.
      if (flag === 'any') outer.setInner(keyCodec.encode(key), inner);
      else {
        const fd = new Uint8Array(4);
        new DataView(fd.buffer).setUint32(0, inner.fd, true);
        outer.set(keyCodec.encode(key), fd, flag);
      }
    } finally {
      inner[Symbol.dispose]();
    }
  };

  /** The kernel waits for all readers once per system call, about 10 ms: so many entries go in one. */
  const setTogether = (chunk: readonly (readonly [K, Uint32Array])[]): void => {
    const open = new Map<Uint32Array, BpfMap>();
    const keys = new Uint8Array(chunk.length * keyCodec.size);
    const fds = new Uint8Array(chunk.length * 4);
    const keyView = new DataView(keys.buffer);
    const fdView = new DataView(fds.buffer);
    try {
      chunk.forEach(([key, table], i) => {
        let inner = open.get(table);
        if (inner === undefined) {
          inner = innerFor(checked(table));
          open.set(table, inner);
        }
        keyCodec.put(keyView, i * keyCodec.size, key);
        fdView.setUint32(4 * i, inner.fd, true);
      });
      outer.updateBatch(keys, fds);
    } finally {
      for (const inner of open.values()) inner.close();
    }
  };

  const guarded = <R>(operation: 'get' | 'set' | 'delete', act: () => R, done?: number): R => {
    try {
      return act();
    } catch (error) {
      throw asTableError(error, name, operation, maxEntries, done);
    }
  };

  return {
    layout,
    maxEntries,
    get: (key) =>
      guarded('get', () => {
        const ref = outer.get(keyCodec.encode(key));
        return ref === undefined ? undefined : read(key, ref);
      }),
    set: (key, table, flag = 'any') => guarded('set', () => set(key, table, flag)),
    delete: (key) => guarded('delete', () => outer.delete(keyCodec.encode(key))),
    *entries() {
      for (const [keyBytes, ref] of outer.entries()) {
        const key = keyCodec.decode(keyBytes);
        const table = read(key, ref);
        // Gone between the two reads: then the entry is gone too.
        if (table !== undefined) yield [key, table];
      }
    },
    setBatch(entries) {
      let done = 0;
      for (const chunk of chunksOf(entries, chunkEntries)) {
        guarded('set', () => setTogether(chunk), done);
        done += chunk.length;
      }
      return done;
    },
    deleteBatch(keys) {
      let deleted = 0;
      for (const key of keys)
        if (guarded('delete', () => outer.delete(keyCodec.encode(key)), deleted)) deleted++;
      return deleted;
    },
  };
}

/** undefined: gone. */
function openInner(id: number, { readOnly }: BpfMap): BpfMap | 'denied' | undefined {
  try {
    return BpfMap.fromId(id, undefined, { readOnly });
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === 'ENOENT') return undefined;
    if (code === 'EPERM') return 'denied';
    throw error;
  }
}
