import { type LbxRev4Bucket as Bucket, catalog, LbxRev4, LbxRev4Bucket, REV_WAYS } from '@lbx/maps';
import { describeKernel } from '@lbx/testing';
import { BpfMap, type MapSpec } from 'libbpf-ts';
import { afterEach, expect, it } from 'vitest';
import { createKernelTable } from '../../tables/kernel-table.ts';
import { createMaglevTable } from '../../tables/maglev-table.ts';
import { sourceOf } from './source.ts';
import { transferOf } from './transfer.ts';

describeKernel('what a map holds in its successor', () => {
  const open: BpfMap[] = [];
  const age = () => ({
    began: 0,
    isOver: (_proto: number, _flags: number, lastSeen: number) => lastSeen === 1,
  });
  const make = (
    spec: Pick<MapSpec, 'name' | 'type' | 'keySize' | 'valueSize' | 'maxEntries'> & Partial<MapSpec>,
  ) => {
    const map = BpfMap.create(spec);
    open.push(map);
    return map;
  };
  afterEach(() => {
    for (const map of open.splice(0)) map.close();
  });

  it('affinity: of two values the one that was used last', () => {
    const layout = catalog.lb4_affinity;
    const spec = {
      name: layout.name,
      type: layout.type,
      keySize: 16,
      valueSize: 16,
      maxEntries: 512,
    } as MapSpec;
    const [old, next] = [make(spec), make(spec)];
    const [before, after] = [createKernelTable(old, layout), createKernelTable(next, layout)];
    const client = (n: number) => ({ clientIp: `203.0.113.${n}`, revNatId: 1, netnsCookie: false }) as never;
    const value = (lastUsed: bigint, backendId: number) => ({ lastUsed, backendId }) as never;
    const transfer = transferOf(spec, age);
    before.set(client(1), value(10n, 1));
    before.set(client(2), value(10n, 2));
    before.set(client(3), value(10n, 3));
    transfer.fill(sourceOf(old), next, 0);
    before.set(client(1), value(11n, 7));
    before.set(client(4), value(12n, 4));
    after.set(client(2), value(13n, 8));
    transfer.follow?.(sourceOf(old), next, 0);
    const found = [1, 2, 3, 4].map((n) => after.get(client(n)));
    expect(found).toEqual([value(11n, 7), value(13n, 8), value(10n, 3), value(12n, 4)]);
  });

  it('arrays: as far as anything is in use', () => {
    const spec = {
      name: 'lbx_counters',
      type: 'percpu_array',
      keySize: 4,
      valueSize: 16,
      maxEntries: 8,
    } as MapSpec;
    const [old, next] = [make(spec), make({ ...spec, maxEntries: 4 })];
    const transfer = transferOf(spec, age);
    const bytes = (first: number) => Uint8Array.from({ length: old.valueBytes }, (_, i) => first + i);
    old.set(index(3), bytes(1));
    expect(transfer.fits(sourceOf(old), { ...spec, maxEntries: 3, first: 0 })).toEqual({
      used: 4,
      fits: false,
    });
    transfer.fill(sourceOf(old), next, 0);
    expect(next.get(index(3))).toEqual(bytes(1));
  });

  it('Maglev tables of another size: every backend keeps its share, tables stay shared', () => {
    const layout = catalog.lb4_maglev;
    const spec = (slots: number): MapSpec =>
      ({
        name: layout.name,
        type: 'hash_of_maps',
        keySize: 2,
        valueSize: 4,
        maxEntries: 10,
        innerSpec: { type: 'array', keySize: 4, valueSize: 4 * slots, maxEntries: 1 },
      }) as MapSpec;
    const [old, next] = [make(spec(7)), make(spec(21))];
    const table = createMaglevTable<object>(old, layout as never);
    const shared = Uint32Array.of(1, 2, 2, 3, 1, 1, 3);
    table.setBatch([
      [{ revNatId: 1 }, shared],
      [{ revNatId: 2 }, shared],
      [{ revNatId: 3 }, Uint32Array.of(9, 9, 9, 9, 9, 9, 9)],
    ]);
    transferOf(spec(21), age).fill(sourceOf(old), next, 0);
    const found = new Map(
      [...createMaglevTable<{ revNatId: number }>(next, layout as never).entries()].map(([key, value]) => [
        key.revNatId,
        value,
      ]),
    );
    expect([...found.keys()].sort()).toEqual([1, 2, 3]);
    expect([...(found.get(1) ?? [])]).toEqual([...shared].flatMap((id) => [id, id, id]));
    expect(found.get(2)).toBe(found.get(1));
    expect(new Set(found.get(3))).toEqual(new Set([9]));
  });

  it('reply halves: under their SNAT ports, and in the second pass what was new or later', () => {
    const size = LbxRev4Bucket.size;
    const spec = { name: 'lbx_rev4', type: 'array', keySize: 4, valueSize: size, maxEntries: 10 } as MapSpec;
    const [old, next] = [make(spec), make({ ...spec, maxEntries: 100 })];
    const transfer = transferOf(spec, age);
    const from = sourceOf(old, 20_000);
    const first = 19_950;
    const at = (port: number) => next.get(index(port - first));
    const put = (map: BpfMap, element: number, ...ways: readonly [number, number, Partial<LbxRev4>][]) =>
      map.set(index(element), LbxRev4Bucket.encode(bucket(ways)));
    put(old, 0, [0, 71, { lastSeen: 100 }], [1, 72, { lastSeen: 100 }]);
    put(old, 9, [7, 79, { lastSeen: 100 }]);
    put(old, 5, [2, 75, { lastSeen: 1 }]);
    expect(transfer.fits(from, { ...spec, first })).toEqual({ used: 2, fits: false });
    expect(transfer.fits(from, { ...spec, maxEntries: 60, first })).toEqual({ used: 2, fits: true });
    transfer.fill(from, next, first);
    expect(at(20_000)).toEqual(
      LbxRev4Bucket.encode(
        bucket([
          [0, 71, { lastSeen: 100 }],
          [1, 72, { lastSeen: 100 }],
        ]),
      ),
    );
    expect(at(20_009)).toEqual(LbxRev4Bucket.encode(bucket([[7, 79, { lastSeen: 100 }]])));
    expect(at(20_005)).toEqual(new Uint8Array(size));

    // Programs on the old map: way 0 lives on, a new flow in way 3, another one on a port that had none.
    put(
      old,
      0,
      [0, 71, { lastSeen: 120, flags: 0x02 }],
      [1, 72, { lastSeen: 100 }],
      [3, 73, { lastSeen: 130 }],
    );
    put(old, 4, [6, 74, { lastSeen: 140 }]);
    // Programs on the new one: way 1 is seen, way 3 is taken by another flow.
    const theirs = bucket([
      [0, 71, { lastSeen: 100 }],
      [1, 72, { lastSeen: 125, flags: 0x04 }],
      [4, 99, { lastSeen: 126 }],
    ]);
    next.set(index(20_000 - first), LbxRev4Bucket.encode({ ...theirs, version: 2 }));
    transfer.follow?.(from, next, first);
    expect(LbxRev4Bucket.decode(at(20_000)!)).toEqual({
      ...bucket([
        [0, 71, { lastSeen: 120, flags: 0x02 }],
        [1, 72, { lastSeen: 125, flags: 0x04 }],
        [3, 73, { lastSeen: 130 }],
        [4, 99, { lastSeen: 126 }],
      ]),
      version: 4,
    });
    expect(LbxRev4Bucket.decode(at(20_004)!)).toEqual({
      ...bucket([[6, 74, { lastSeen: 140 }]]),
      version: 2,
    });
    const settled = at(20_000);
    transfer.follow?.(from, next, first);
    expect(at(20_000)).toEqual(settled);
  });
});

const index = (n: number) => new Uint8Array(Uint32Array.of(n).buffer);

/** A bucket with flows in these ways, under these tags. */
function bucket(ways: readonly (readonly [way: number, tag: number, rest: Partial<LbxRev4>])[]): Bucket {
  const entry = Array.from({ length: REV_WAYS }, () => LbxRev4.decode(new Uint8Array(LbxRev4.size)));
  const tag = new Array<number>(REV_WAYS).fill(0);
  for (const [way, value, rest] of ways) {
    tag[way] = value;
    entry[way] = { ...entry[way]!, backendPort: value, backendAddr: '192.0.2.20', proto: 6, ...rest };
  }
  return { tag, version: 0, entry };
}
