import { join } from 'node:path';
import { createBpffsFolder, describeKernel } from '@lbx/testing';
import { expect, test } from 'vitest';
import type { MapType } from '../map-type.ts';
import { BpfMap } from './map.ts';
import { BPF_F_MMAPABLE } from './map-memory.ts';

const u32 = (n: number) => Uint8Array.from(Buffer.from([n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24]));
const BPF_F_NO_PREALLOC = 1;
/** Prefix length 32 and an address. */
const prefix = (n: number) => Uint8Array.of(32, 0, 0, 0, ...u32(n));

describeKernel('BpfMap', () => {
  test.each<[type: MapType, flags: number, key: (n: number) => Uint8Array]>([
    ['hash', 0, u32],
    ['hash', BPF_F_NO_PREALLOC, u32],
    ['lru_hash', 0, u32],
    ['percpu_hash', 0, u32],
    ['lru_percpu_hash', 0, u32],
    ['lpm_trie', BPF_F_NO_PREALLOC, prefix],
  ])('%s with flags %i: set, get, take, delete, walk, clear', (type, flags, key) => {
    using map = BpfMap.create({
      name: 'basics',
      type,
      keySize: key(0).length,
      valueSize: 6,
      maxEntries: 64,
      flags,
    });
    const value = (n: number) => new Uint8Array(map.valueBytes).fill(n, 0, 6);
    expect(map.get(key(1))).toBeUndefined();
    map.set(key(1), value(1));
    map.set(key(2), value(2));
    map.set(key(3), value(3));
    expect(map.get(key(2))).toEqual(value(2));
    expect(map.delete(key(2))).toBe(true);
    expect(map.delete(key(2))).toBe(false);
    expect(map.take(key(3))).toEqual(value(3));
    expect(map.take(key(3))).toBeUndefined();
    map.set(key(4), value(4));
    const entries = new Map([...map.entries()].map(([k, v]) => [Buffer.from(k).toString('hex'), v]));
    expect(entries).toEqual(new Map([1, 4].map((n) => [Buffer.from(key(n)).toString('hex'), value(n)])));
    expect(map.clear()).toBe(2);
    expect([...map.keys()]).toEqual([]);
  });

  test('get copies into a buffer of the caller', () => {
    using map = BpfMap.create({ type: 'array', keySize: 4, valueSize: 8, maxEntries: 2 });
    map.set(u32(1), new Uint8Array(8).fill(7));
    const into = new Uint8Array(8);
    expect(map.get(u32(1), into)).toBe(into);
    expect(into).toEqual(new Uint8Array(8).fill(7));
  });

  test('flags: noexist refuses a key that is there, exist one that is not', () => {
    using map = BpfMap.create({ name: 'flags', type: 'hash', keySize: 4, valueSize: 4, maxEntries: 2 });
    map.set(u32(1), u32(1), 'noexist');
    expect(() => map.set(u32(1), u32(2), 'noexist')).toThrow(
      expect.objectContaining({ code: 'EEXIST', operation: 'update map', object: 'flags' }),
    );
    expect(() => map.set(u32(2), u32(2), 'exist')).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    map.set(u32(1), u32(3), 'exist');
    expect(map.get(u32(1))).toEqual(u32(3));
  });

  test('a full hash says so, and how large it is', () => {
    using map = BpfMap.create({ name: 'small', type: 'hash', keySize: 4, valueSize: 4, maxEntries: 2 });
    for (const n of [1, 2]) map.set(u32(n), u32(n));
    expect(() => map.set(u32(3), u32(3))).toThrow(/small: E2BIG.*full: max_entries is 2/s);
  });

  test('an index behind the end of an array says where the end is', () => {
    using map = BpfMap.create({ type: 'array', keySize: 4, valueSize: 4, maxEntries: 2 });
    expect(() => map.set(u32(2), u32(1))).toThrow(/E2BIG.*last index is 1/s);
    expect(map.get(u32(2))).toBeUndefined();
    expect(() => map.clear()).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  test.each([
    ['a short key', 3, 4, /key has 3 bytes, the map's is 4/],
    ['a long value', 4, 5, /value has 5 bytes, the map's is 4/],
  ])('refuses %s before the kernel sees it', (_name, key, value, message) => {
    using map = BpfMap.create({ type: 'hash', keySize: 4, valueSize: 4, maxEntries: 2 });
    const set = () => map.set(new Uint8Array(key), new Uint8Array(value));
    expect(set).toThrow(expect.objectContaining({ code: 'LBX_BUFFER_SIZE' }));
    expect(set).toThrow(message);
  });

  test('values of all CPUs', () => {
    using map = BpfMap.create({ type: 'percpu_array', keySize: 4, valueSize: 4, maxEntries: 1 });
    const values = new Uint8Array(map.valueBytes);
    for (let cpu = 0; cpu * 8 < map.valueBytes; cpu++) values[cpu * 8] = cpu + 1;
    map.set(u32(0), values);
    expect(map.perCpu(u32(0))).toEqual(Array.from({ length: map.valueBytes / 8 }, (_, cpu) => u32(cpu + 1)));
  });

  test('a bound entry writes, reads, deletes, and is refused after close', () => {
    using map = BpfMap.create({ name: 'bound', type: 'hash', keySize: 4, valueSize: 4, maxEntries: 2 });
    const entry = map.bind();
    entry.key.writeUInt32LE(5);
    entry.value.writeUInt32LE(50);
    entry.update('noexist');
    entry.value.fill(0);
    expect(entry.lookup()).toBe(true);
    expect(entry.value.readUInt32LE()).toBe(50);
    expect(entry.take()).toBe(true);
    expect(entry.delete()).toBe(false);
    map.close();
    expect(() => entry.lookup()).toThrow(expect.objectContaining({ code: 'LBX_CLOSED' }));
  });

  test('maps of maps: two keys may share an inner map', () => {
    const inner = { type: 'array', keySize: 4, valueSize: 8, maxEntries: 1 } as const;
    const value = new Uint8Array(8).fill(9);
    using outer = BpfMap.create({
      type: 'hash_of_maps',
      keySize: 4,
      valueSize: 4,
      maxEntries: 4,
      innerSpec: inner,
    });
    {
      using shared = BpfMap.create(inner);
      shared.set(u32(0), value);
      outer.setInner(u32(1), shared);
      outer.setInner(u32(2), shared);
    }
    using first = outer.getInner(u32(1))!;
    using second = outer.getInner(u32(2))!;
    expect(first.id).toBe(second.id);
    expect(first.get(u32(0))).toEqual(value);
    expect(outer.getInner(u32(3))).toBeUndefined();
    using other = BpfMap.create({ ...inner, valueSize: 16 });
    expect(() => outer.setInner(u32(3), other)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  test('a frozen map can be read, and says why it cannot be written', () => {
    using map = BpfMap.create({ name: 'frozen', type: 'array', keySize: 4, valueSize: 4, maxEntries: 1 });
    map.freeze();
    expect(map.get(u32(0))).toEqual(u32(0));
    expect(() => map.set(u32(0), u32(1))).toThrow(/EPERM.*frozen/s);
  });

  test('by fd, by id, by pin: the same map', () => {
    using folder = createBpffsFolder('map-open');
    using map = BpfMap.create({
      name: 'a_long_name_of_a_map',
      type: 'hash',
      keySize: 4,
      valueSize: 4,
      maxEntries: 2,
    });
    map.set(u32(1), u32(2));
    const path = join(folder.path, 'map');
    map.pin(path);
    using byFd = BpfMap.fromFd(map.fd);
    using byId = BpfMap.fromId(map.id, map.name);
    using byPin = BpfMap.openPinned(path, {
      name: map.name,
      type: 'hash',
      keySize: 4,
      valueSize: 4,
      maxEntries: 2,
      flags: 0,
    });
    expect([byFd.id, byId.id, byPin.id]).toEqual([map.id, map.id, map.id]);
    expect([byFd.name, byId.name, byPin.name]).toEqual(['a_long_name_of_', map.name, map.name]);
    expect(byPin.get(u32(1))).toEqual(u32(2));
    expect(() => map.pin(path)).toThrow(expect.objectContaining({ code: 'EEXIST' }));
    expect(byPin.unpin()).toBe(true);
    expect(byPin.unpin(path)).toBe(false);
  });

  test('opened for reading only: by pin, by id, as an inner map', () => {
    using folder = createBpffsFolder('map-read');
    const path = join(folder.path, 'map');
    using map = BpfMap.create({
      type: 'array',
      keySize: 4,
      valueSize: 4,
      maxEntries: 3,
      flags: BPF_F_MMAPABLE,
    });
    map.set(u32(1), u32(7));
    map.pin(path);
    using byPin = BpfMap.openPinned(path, { type: 'array', flags: BPF_F_MMAPABLE }, { readOnly: true });
    using byId = BpfMap.fromId(map.id, undefined, { readOnly: true });
    for (const reader of [byPin, byId]) {
      expect(reader.readOnly).toBe(true);
      expect(reader.get(u32(1))).toEqual(u32(7));
      expect([...reader.entries()]).toHaveLength(3);
      expect(() => reader.mmap()).toThrow(expect.objectContaining({ code: 'LBX_NOT_SUPPORTED' }));
      expect(() => reader.set(u32(1), u32(8))).toThrow(expect.objectContaining({ code: 'EPERM' }));
      expect(() => reader.updateBatch(u32(1), u32(8))).toThrow(expect.objectContaining({ code: 'EPERM' }));
      expect(() => reader.freeze()).toThrow(expect.objectContaining({ code: 'EPERM' }));
    }
    expect(map.get(u32(1))).toEqual(u32(7));

    using outer = BpfMap.create({
      type: 'hash_of_maps',
      keySize: 4,
      valueSize: 4,
      maxEntries: 1,
      innerSpec: { type: 'array', keySize: 4, valueSize: 4, maxEntries: 1 },
    });
    using inner = BpfMap.create({ type: 'array', keySize: 4, valueSize: 4, maxEntries: 1 });
    outer.setInner(u32(5), inner);
    using outerReader = BpfMap.fromId(outer.id, undefined, { readOnly: true });
    using innerReader = outerReader.getInner(u32(5))!;
    expect(innerReader.id).toBe(inner.id);
    expect(() => innerReader.set(u32(0), u32(1))).toThrow(expect.objectContaining({ code: 'EPERM' }));
  });

  test('a pinned map that is another: all differences at once', () => {
    using folder = createBpffsFolder('map-mismatch');
    const path = join(folder.path, 'map');
    using map = BpfMap.create({ type: 'hash', keySize: 4, valueSize: 8, maxEntries: 2 });
    map.pin(path);
    const open = () =>
      BpfMap.openPinned(path, { type: 'lru_hash', keySize: 12, valueSize: 8, maxEntries: 100, flags: 1 });
    expect(open).toThrow(
      expect.objectContaining({
        code: 'LBX_MAP_MISMATCH',
        differences: [
          'type: it has hash, expected lru_hash',
          'keySize: it has 4, expected 12',
          'maxEntries: it has 2, expected 100',
          'flags: it has 0x0, expected 0x1',
        ],
      }),
    );
  });

  test('pinning and opening where it cannot be: what to do', () => {
    using map = BpfMap.create({ type: 'hash', keySize: 4, valueSize: 8, maxEntries: 2 });
    expect(() => map.pin('/tmp/lbx-no-bpffs')).toThrow(/EPERM.*\/tmp is not on a bpffs: mount -t bpf/s);
    expect(() => map.pin('/nonexistent/map')).toThrow(/ENOENT.*mkdir -p \/nonexistent/s);
    expect(() => BpfMap.openPinned('/sys/fs/bpf/lbx-none')).toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    );
    expect(() => BpfMap.fromId(0x7fffffff)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });

  test('a fd or pin of something else is named', () => {
    expect(() => BpfMap.fromFd(0)).toThrow(expect.objectContaining({ code: 'LBX_WRONG_KIND' }));
  });

  test('creation: the error has the whole spec', () => {
    const create = () =>
      BpfMap.create({ name: 'empty', type: 'hash', keySize: 0, valueSize: 8, maxEntries: 10 });
    expect(create).toThrow(/create map empty \(hash, key 0 B, value 8 B, 10 entries, flags 0x0\): EINVAL/);
  });
});
