import { type MapLayout, type Table, TableError, type UpdateFlag } from '@lbx/maps';
import { BpfMap } from 'libbpf-ts';
import { asTableError } from './kernel-table.ts';

/**
 * A `Table` over a Maglev outer map: the value is the whole lookup table, held by an inner array map in the kernel.
 *
 * Inner maps are written once, before anything can see them, and never changed. Entries set with the same Uint32Array
 * share one; it lives as long as an outer entry holds it. The table keeps no inner fds open.
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
    const open = known === undefined ? undefined : openInner(known);
    if (open !== undefined) return open;
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
    const inner = openInner(id);
    if (inner === undefined) return undefined;
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

  const set = (key: K, table: Uint32Array, flag: UpdateFlag): void => {
    if (tableSize !== undefined && table.length !== tableSize) {
      const cause = new RangeError(
        `${name}: a lookup table of ${table.length} slots does not fit a map made for ${tableSize}; ` +
          'remove the pinned map or use its table size',
      );
      throw new TableError('EINVAL', { map: name, operation: 'set', maxEntries, cause });
    }
    const inner = innerFor(table);
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
      for (const [key, table] of entries) {
        guarded('set', () => set(key, table, 'any'), done);
        done++;
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

function openInner(id: number): BpfMap | undefined {
  try {
    return BpfMap.fromId(id);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return undefined;
    throw error;
  }
}
