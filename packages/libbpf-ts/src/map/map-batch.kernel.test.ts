import { describeKernel } from '@lbx/testing';
import { expect, test } from 'vitest';
import type { MapType } from '../map-type.ts';
import { BpfMap } from './map.ts';

const BPF_F_NO_PREALLOC = 1;

/** Keys 0 to count - 1, each 4 bytes, or 8 with a prefix length in front. */
function keysOf(map: BpfMap, from: number, count: number): Buffer {
  const keys = Buffer.alloc(count * map.keySize);
  for (let i = 0; i < count; i++) {
    if (map.keySize === 8) keys.writeUInt32LE(32, i * 8);
    keys.writeUInt32LE(from + i, i * map.keySize + map.keySize - 4);
  }
  return keys;
}

/** Value n under key n. */
function valuesOf(map: BpfMap, from: number, count: number): Buffer {
  const values = Buffer.alloc(count * map.valueBytes);
  for (let i = 0; i < count; i++) values.writeUInt32LE(from + i, i * map.valueBytes);
  return values;
}

const numbersIn = (map: BpfMap, batch?: number) =>
  [...map.entries(batch === undefined ? {} : { batch })].map(([key, value]) => {
    const n = Buffer.from(key).readUInt32LE(map.keySize - 4);
    expect(Buffer.from(value).readUInt32LE(0)).toBe(n);
    return n;
  });

describeKernel('batches', () => {
  test.each<[type: MapType, keySize: number, flags: number]>([
    ['hash', 4, 0],
    ['percpu_hash', 4, 0],
    ['lru_hash', 4, 0],
    ['lpm_trie', 8, BPF_F_NO_PREALLOC],
  ])('%s: written, read in batches of any size, deleted', (type, keySize, flags) => {
    using map = BpfMap.create({ type, keySize, valueSize: 8, maxEntries: 4096, flags });
    expect(map.updateBatch(keysOf(map, 0, 1000), valuesOf(map, 0, 1000), { chunk: 300 })).toBe(1000);
    const expected = Array.from({ length: 1000 }, (_, n) => n);
    // Batches of 1 are smaller than most buckets hold: ENOSPC makes them grow.
    for (const batch of [1, 7, 1000, 100_000]) {
      expect(numbersIn(map, batch).sort((a, b) => a - b)).toEqual(expected);
    }
    // Every second one of these is not there.
    const gaps = Buffer.concat([400, 2000, 401, 2001, 402].map((n) => keysOf(map, n, 1)));
    expect(map.deleteBatch(gaps)).toBe(3);
    expect(map.deleteBatch(keysOf(map, 0, 1000))).toBe(997);
    expect(numbersIn(map)).toEqual([]);
  });

  test('array: all of it is read', () => {
    using map = BpfMap.create({ type: 'array', keySize: 4, valueSize: 4, maxEntries: 100 });
    expect(map.updateBatch(keysOf(map, 0, 100), valuesOf(map, 0, 100))).toBe(100);
    expect(numbersIn(map, 7)).toEqual(Array.from({ length: 100 }, (_, n) => n));
  });

  test('a type without batches (devmap_hash) is done one by one', () => {
    const inner = { type: 'array', keySize: 4, valueSize: 4, maxEntries: 1 } as const;
    using map = BpfMap.create({
      name: 'devices',
      type: 'devmap_hash',
      keySize: 4,
      valueSize: 4,
      maxEntries: 4,
    });
    using first = BpfMap.create(inner);
    expect(map.readBatches()).toBeUndefined();
    const loopback = Buffer.alloc(8);
    loopback.writeUInt32LE(1, 0);
    loopback.writeUInt32LE(1, 4);
    const keys = keysOf(first, 0, 2);
    expect(map.updateBatch(keys, loopback)).toBe(2);
    expect([...map.keys()].map((key) => Buffer.from(key).readUInt32LE()).sort()).toEqual([0, 1]);
    expect(map.deleteBatch(Buffer.concat([keys, keysOf(first, 9, 1)]))).toBe(2);
    expect(map.clear()).toBe(0);
  });

  test('a batch that fails in the middle says how many went in', () => {
    using map = BpfMap.create({ name: 'full', type: 'hash', keySize: 4, valueSize: 8, maxEntries: 10 });
    const write = (options: { chunk?: number }) => () =>
      map.updateBatch(keysOf(map, 0, 64), valuesOf(map, 0, 64), options);
    for (const chunk of [64, 4]) {
      map.clear();
      expect(write({ chunk })).toThrow(expect.objectContaining({ code: 'E2BIG', done: 10, object: 'full' }));
      expect(numbersIn(map)).toHaveLength(10);
    }
  });

  test('a batch that fails at its first entry did none', () => {
    using map = BpfMap.create({ type: 'hash', keySize: 4, valueSize: 8, maxEntries: 10 });
    map.updateBatch(keysOf(map, 0, 1), valuesOf(map, 0, 1));
    const again = () => map.updateBatch(keysOf(map, 0, 3), valuesOf(map, 0, 3), { flag: 'noexist' });
    expect(again).toThrow(expect.objectContaining({ code: 'EEXIST', done: 0 }));
  });

  test('buffers that are too short are refused', () => {
    using map = BpfMap.create({ type: 'hash', keySize: 4, valueSize: 8, maxEntries: 10 });
    const keys = keysOf(map, 0, 3);
    expect(() => map.updateBatch(keys, new Uint8Array(23))).toThrow(
      expect.objectContaining({ code: 'LBX_BUFFER_SIZE' }),
    );
    expect(() => map.updateBatch(keys, new Uint8Array(32), { count: 4 })).toThrow(
      /keys has 12 bytes, 16 are needed/,
    );
    expect(() => map.deleteBatch(new Uint8Array(7))).toThrow(
      expect.objectContaining({ code: 'LBX_BUFFER_SIZE' }),
    );
  });

  test.each<[type: MapType, keySize: number, flags: number]>([
    ['hash', 4, 0],
    ['lpm_trie', 8, BPF_F_NO_PREALLOC],
    ['devmap_hash', 4, 0],
  ])('%s: entries that stay come exactly once while others come and go', (type, keySize, flags) => {
    const valueSize = type === 'devmap_hash' ? 4 : 8;
    using map = BpfMap.create({ type, keySize, valueSize, maxEntries: 8192, flags });
    // Of a devmap, the loopback interface, which is there under index 1.
    const value = (n: number) => (type === 'devmap_hash' ? Uint8Array.of(1, 0, 0, 0) : valuesOf(map, n, 1));
    for (let n = 0; n < 500; n++) map.set(keysOf(map, n, 1), value(n));
    const seen = new Map<number, number>();
    let next = 1000;
    for (const [key] of map.entries({ batch: 16 })) {
      const n = Buffer.from(key).readUInt32LE(keySize - 4);
      seen.set(n, (seen.get(n) ?? 0) + 1);
      // Odd ones go: at first each when it is come to, then all at once, with the one that would have come next.
      if (n % 2 === 1 && n < 1000) map.delete(key);
      if (seen.size === 101) for (let odd = 1; odd < 500; odd += 2) map.delete(keysOf(map, odd, 1));
      if (next < 1300) map.set(keysOf(map, next, 1), value(next++));
    }
    for (let n = 0; n < 500; n += 2) expect(seen.get(n)).toBe(1);
    for (const count of seen.values()) expect(count).toBe(1);
  });

  test('maps of maps take batches of fds', () => {
    const inner = { type: 'array', keySize: 4, valueSize: 4, maxEntries: 1 } as const;
    using map = BpfMap.create({
      type: 'hash_of_maps',
      keySize: 4,
      valueSize: 4,
      maxEntries: 256,
      innerSpec: inner,
    });
    using shared = BpfMap.create(inner);
    const fds = Buffer.alloc(4 * 200);
    for (let i = 0; i < 200; i++) fds.writeUInt32LE(shared.fd, i * 4);
    expect(map.updateBatch(keysOf(map, 0, 200), fds)).toBe(200);
    const ids = [...map.entries()].map(([, id]) => Buffer.from(id).readUInt32LE());
    expect(ids).toEqual(new Array(200).fill(shared.id));
  });

  test('a walk ends when the map is closed under it', () => {
    using map = BpfMap.create({ type: 'hash', keySize: 4, valueSize: 8, maxEntries: 1000 });
    map.updateBatch(keysOf(map, 0, 1000), valuesOf(map, 0, 1000));
    const entries = map.entries({ batch: 10 });
    entries.next();
    map.close();
    expect(() => [...entries]).toThrow(expect.objectContaining({ code: 'LBX_CLOSED' }));
  });
});
