import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type BpffsFolder, createBpffsFolder, describeKernel } from '@lbx/testing';
import { BpfMap, type MapSpec } from 'libbpf-ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createUndo, type Undo } from '../undo.ts';
import type { LayoutHistory } from './handover/older-layouts.ts';
import { createPinnedMaps, type PinnedMaps } from './pinned-maps.ts';

const spec = {
  name: 'lb4_affinity',
  type: 'lru_hash',
  keySize: 4,
  valueSize: 8,
  maxEntries: 64,
  flags: 0,
} as MapSpec;
const wish = { first: 0, option: 'maxEntries.lb4_affinity' };
const key = (n: number) => new Uint8Array(Uint32Array.of(n).buffer);
const value = (n: number) => new Uint8Array(BigUint64Array.of(BigInt(n)).buffer);

describeKernel('pinned maps of another size or layout', () => {
  let folder: BpffsFolder;
  const open: PinnedMaps[] = [];
  const maps = (undo: Undo, history?: LayoutHistory): PinnedMaps => {
    const age = () => ({ began: 0, isOver: () => false });
    const made = createPinnedMaps({ folder: folder.path, undo, age, ...(history && { history }) });
    open.push(made);
    return made;
  };
  const openOrAdd = (pinned: PinnedMaps, size: number, of: MapSpec = spec): BpfMap => {
    const found = pinned.open(of, { ...wish, size });
    if (found !== undefined) return found;
    const map = BpfMap.create({ ...of, maxEntries: size });
    pinned.add(of.name, map);
    return map;
  };
  /** What a process did that has ended. */
  const before = (act: (map: BpfMap) => void, history?: LayoutHistory, of = spec) => {
    const pinned = maps(createUndo(), history);
    act(openOrAdd(pinned, of.maxEntries, of));
    pinned.commit(createUndo());
    pinned.close();
  };
  const pins = () => readdirSync(folder.path).filter((name) => name !== 'lbx_map_records');
  const inPin = () => {
    using map = BpfMap.openPinned(join(folder.path, spec.name));
    const numbers = [...map.entries()].map(([a, b]) => [
      Buffer.from(a).readUInt32LE(),
      Buffer.from(b).readUInt32LE(),
    ]);
    return { id: map.id, maxEntries: map.maxEntries, entries: numbers.sort(([a = 0], [b = 0]) => a - b) };
  };
  const thrown = (act: () => unknown): unknown => {
    try {
      act();
    } catch (error) {
      return error;
    }
    return undefined;
  };

  beforeEach(() => {
    folder = createBpffsFolder('core-maps');
  });
  afterEach(() => {
    for (const one of open.splice(0)) one.close();
    folder.close();
  });

  it('another size: the new map waits beside the old one, then takes its pin with what both hold', () => {
    before((map) => map.set(key(1), value(1)));
    const { id } = inPin();
    const undo = createUndo();
    const next = maps(undo);
    const map = openOrAdd(next, 128);
    expect(pins()).toEqual([spec.name, `${spec.name}:${map.id}`]);
    expect(inPin().id).toBe(id);
    expect(next.isOurs(id)).toBe(true);
    // A program that still runs on the old one, and one that runs on the new one.
    using old = BpfMap.openPinned(join(folder.path, spec.name));
    old.set(key(2), value(2));
    map.set(key(3), value(3));
    next.commit(undo);
    undo.keep();
    expect(pins()).toEqual([spec.name]);
    expect(inPin()).toEqual({
      id: map.id,
      maxEntries: 128,
      entries: [
        [1, 1],
        [2, 2],
        [3, 3],
      ],
    });
    expect(next.isOurs(id)).toBe(false);
  });

  it('given up before or after the exchange: the old one has its pin, and all it had', () => {
    before((map) => map.set(key(1), value(1)));
    const there = inPin();
    for (const commits of [false, true]) {
      const undo = createUndo();
      const next = maps(undo);
      openOrAdd(next, 128);
      if (commits) next.commit(undo);
      undo.run();
      next.close();
      expect(pins()).toEqual([spec.name]);
      expect(inPin()).toEqual(there);
    }
    expect(openOrAdd(maps(createUndo()), 64).id).toBe(there.id);
  });

  it.each([64, 128, 256])('a process that died in between: nothing of either map is lost with %i', (size) => {
    before((map) => map.set(key(1), value(1)));
    const dying = maps(createUndo());
    const stray = openOrAdd(dying, 128);
    stray.set(key(2), value(2));
    dying.close();
    expect(pins()).toHaveLength(2);

    const undo = createUndo();
    const next = maps(undo);
    const map = openOrAdd(next, size);
    next.commit(undo);
    expect(pins()).toEqual([spec.name]);
    expect(inPin()).toEqual({
      id: map.id,
      maxEntries: size,
      entries: [
        [1, 1],
        [2, 2],
      ],
    });
  });

  const older: LayoutHistory = {
    versions: { lb4_affinity: 3 },
    older: {
      lb4_affinity: [
        {
          version: 1,
          keySize: 4,
          valueSize: 4,
          convert: (k, v) => [k, Buffer.concat([v, new Uint8Array(4)])],
        },
        {
          version: 2,
          keySize: 4,
          valueSize: 8,
          convert: (k, v) => [k, v.map((byte, i) => (i === 0 ? byte + 100 : byte))],
        },
      ],
    },
  };

  it('an older layout that is known is converted, by its version or by its size', () => {
    before((map) => map.set(key(1), key(7)), { versions: {}, older: {} }, { ...spec, valueSize: 4 });
    before(() => {}, older);
    expect(inPin().entries).toEqual([[1, 7]]);
    // Today's by now: not converted again.
    before(() => {}, older);
    expect(inPin().entries).toEqual([[1, 7]]);
  });

  it('an older layout of the same size is told by its version', () => {
    before((map) => map.set(key(1), value(7)), { ...older, versions: { lb4_affinity: 2 } });
    before(() => {}, older);
    expect(inPin().entries).toEqual([[1, 107]]);
  });

  it('a layout of a later version is refused by name, and stays', () => {
    before((map) => map.set(key(1), value(7)), { versions: { lb4_affinity: 4 }, older: {} });
    const there = inPin();
    expect(thrown(() => openOrAdd(maps(createUndo(), older), 64))).toMatchObject({
      code: 'LBX_PIN_MISMATCH',
      message: expect.stringMatching(
        /layout is version 4.* knows lb4_affinity up to version 3: a newer lbx wrote it/,
      ),
      data: { path: join(folder.path, spec.name) },
    });
    expect(inPin()).toEqual(there);
  });

  it('an older layout that nobody can convert is refused, and stays', () => {
    before((map) => map.set(key(1), value(7)));
    const there = inPin();
    expect(
      thrown(() => openOrAdd(maps(createUndo(), { versions: { lb4_affinity: 2 }, older: {} }), 64)),
    ).toMatchObject({
      code: 'LBX_PIN_MISMATCH',
      message: expect.stringContaining('version 1, which this lbx cannot convert to version 2'),
    });
    expect(inPin()).toEqual(there);
  });

  it('a size below what is in use is refused with map, size, use and option', () => {
    before((map) => {
      for (let n = 0; n < 10; n++) map.set(key(n), value(n));
    });
    const there = inPin();
    expect(thrown(() => openOrAdd(maps(createUndo()), 9))).toMatchObject({
      code: 'LBX_MAP_TOO_SMALL',
      message: expect.stringContaining('maxEntries.lb4_affinity gives map lb4_affinity 9 entries'),
      data: { map: 'lb4_affinity', size: 9, pinnedSize: 64, used: 10, option: 'maxEntries.lb4_affinity' },
    });
    expect(inPin()).toEqual(there);
  });
});
