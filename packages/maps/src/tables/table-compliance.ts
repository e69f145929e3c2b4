import assert from 'node:assert/strict';
import { catalog } from '../catalog.ts';
import { u32, u64 } from '../codec/integers.ts';
import { scalar } from '../codec/struct.ts';
import { type MapLayout, mapLayout } from '../layouts/map-layout.ts';
import type { Table, UpdateFlag } from './table.ts';

/** The two functions of vitest (or node:test) that the suite needs. */
export interface TestFunctions {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => void): void;
}

/** Makes an empty table; it is disposed of after its test when it can be. */
export type MakeTable = <K, V>(
  layout: MapLayout<K, V>,
  options: { readonly maxEntries: number; readonly tableSize?: number },
) => Table<K, V>;

const array = mapLayout('array', 'compliance_arr', scalar('index', u32), scalar('word', u64), {
  maxEntries: 4,
  doc: 'Array of the compliance suite',
});

const key4 = (n: number) => ({ address: `198.51.100.${n}`, dport: 80, backendSlot: 0, proto: 6, scope: 0 });
const slot4 = (n: number, backendSlot: number) => ({ ...key4(n), backendSlot });
const tail = { revNatIndex: 1, flags: 0x60, flags2: 0, qcount: 0 };
const frontend = (count: number) => ({ affinityTimeout: { seconds: 0, algorithm: 1 }, count, ...tail });
const backendSlot = (id: number) => ({ backendId: id, count: 0, ...tail });
const present = {};

/** Does `act` fail with this code? */
function fails(code: string, act: () => unknown): unknown {
  let thrown: unknown;
  try {
    act();
  } catch (error) {
    thrown = error;
  }
  assert.ok(thrown instanceof Error, `expected ${code}, nothing was thrown`);
  assert.equal((thrown as { code?: unknown }).code, code, thrown.message);
  return thrown;
}

/**
 * What every Table must do, in memory or in the kernel. Use it from a test file:
 *
 *     tableCompliance({ describe, it }, (layout, { maxEntries }) => createMemoryTable(layout, { maxEntries }));
 */
export function tableCompliance({ describe, it }: TestFunctions, make: MakeTable): void {
  const test = <K, V>(
    name: string,
    layout: MapLayout<K, V>,
    options: { readonly maxEntries: number; readonly tableSize?: number },
    body: (table: Table<K, V>) => void,
  ) =>
    it(name, () => {
      const table = make(layout, options);
      try {
        body(table);
      } finally {
        (table as Partial<Disposable>)[Symbol.dispose]?.();
      }
    });
  const all = <K, V>(table: Table<K, V>) => [...table.entries()];

  describe('hash', () => {
    const layout = catalog.lb4_services_v2;
    const size = { maxEntries: 3 };
    test('gives back what was set, as fresh values', layout, size, (t) => {
      const value = { ...frontend(2) };
      t.set(key4(1), value);
      value.count = 9;
      t.set(slot4(1, 1), backendSlot(7));
      assert.deepEqual(t.get(key4(1)), frontend(2));
      assert.deepEqual(t.get(slot4(1, 1)), backendSlot(7));
      assert.equal(t.get(slot4(1, 2)), undefined);
      assert.equal(t.maxEntries, 3);
    });
    test('overwrites, and deletes once', layout, size, (t) => {
      t.set(key4(1), frontend(1));
      t.set(key4(1), frontend(2));
      assert.equal(all(t).length, 1);
      assert.equal(t.delete(key4(1)), true);
      assert.equal(t.delete(key4(1)), false);
      assert.equal(t.get(key4(1)), undefined);
      assert.deepEqual(all(t), []);
    });
    test('is full at maxEntries: E2BIG for new keys only, and nothing changed', layout, size, (t) => {
      for (let n = 1; n <= 3; n++) t.set(key4(n), frontend(n));
      const error = fails('E2BIG', () => t.set(key4(4), frontend(4))) as {
        map?: string;
        maxEntries?: number;
      };
      assert.equal(error.map, layout.name);
      assert.equal(error.maxEntries, 3);
      t.set(key4(2), frontend(20));
      assert.equal(t.get(key4(4)), undefined);
      t.delete(key4(1));
      t.set(key4(4), frontend(4));
      assert.deepEqual(
        all(t)
          .map(([key]) => key.address)
          .sort(),
        ['198.51.100.2', '198.51.100.3', '198.51.100.4'],
      );
    });
    const flagCases: [UpdateFlag, boolean, string | undefined][] = [
      ['any', true, undefined],
      ['any', false, undefined],
      ['noexist', true, 'EEXIST'],
      ['noexist', false, undefined],
      ['exist', true, undefined],
      ['exist', false, 'ENOENT'],
    ];
    for (const [flag, there, code] of flagCases) {
      test(
        `flag ${flag}, entry ${there ? 'there' : 'not there'}: ${code ?? 'written'}`,
        layout,
        size,
        (t) => {
          if (there) t.set(key4(1), frontend(1));
          if (code === undefined) t.set(key4(1), frontend(2), flag);
          else fails(code, () => t.set(key4(1), frontend(2), flag));
          const expected = code === undefined ? 2 : there ? 1 : undefined;
          assert.equal(t.get(key4(1))?.count, expected);
        },
      );
    }
    test(
      'noexist on a full map with the key there is EEXIST, exist without it ENOENT',
      layout,
      { maxEntries: 1 },
      (t) => {
        t.set(key4(1), frontend(1));
        fails('EEXIST', () => t.set(key4(1), frontend(2), 'noexist'));
        fails('ENOENT', () => t.set(key4(2), frontend(2), 'exist'));
      },
    );
    test('a value that does not fit changes nothing', layout, size, (t) => {
      t.set(key4(1), frontend(1));
      fails('LBX_FIELD_RANGE', () => t.set(key4(1), frontend(70000)));
      fails('LBX_FIELD_RANGE', () => t.set({ ...key4(2), dport: -1 }, frontend(1)));
      assert.deepEqual(all(t), [[key4(1), frontend(1)]]);
    });
    test('batches: counts, missing keys are skipped', layout, { maxEntries: 300 }, (t) => {
      const keys = Array.from({ length: 250 }, (_, i) => ({ ...key4(1), dport: i }));
      assert.equal(t.setBatch(keys.map((key, i) => [key, frontend(i)] as const)), 250);
      assert.equal(all(t).length, 250);
      assert.equal(t.get(keys[249]!)?.count, 249);
      assert.equal(t.setBatch([]), 0);
      assert.equal(t.deleteBatch([]), 0);
      assert.equal(t.deleteBatch([keys[0]!, key4(9), keys[1]!, keys[0]!]), 2);
      assert.equal(t.deleteBatch(keys), 248);
      assert.deepEqual(all(t), []);
    });
    test('a batch stops at the first error and says how many went in', layout, size, (t) => {
      const error = fails('E2BIG', () =>
        t.setBatch([1, 2, 3, 4, 5].map((n) => [key4(n), frontend(n)] as const)),
      );
      assert.equal((error as { done?: number }).done, 3);
      assert.equal(all(t).length, 3);
    });
    test('entries may be deleted and rewritten while they are read', layout, { maxEntries: 64 }, (t) => {
      for (let n = 0; n < 64; n++) t.set(key4(n), frontend(n));
      const seen: string[] = [];
      for (const [key, value] of t.entries()) {
        seen.push(key.address);
        if ('count' in value && value.count % 2 === 0) t.delete(key);
        else t.set(key, value);
      }
      assert.equal(new Set(seen).size, 64);
      assert.equal(seen.length, 64);
      assert.equal(all(t).length, 32);
    });
  });

  describe('LRU', () => {
    const layout = catalog.lb4_affinity;
    const client = (n: number) => ({
      clientIp: `203.0.113.${n % 256}`,
      revNatId: 1 + (n >> 8),
      netnsCookie: false,
    });
    test(
      'never full: the newest entry is there and the size stays bounded',
      layout,
      { maxEntries: 256 },
      (t) => {
        for (let n = 0; n < 1500; n++) {
          t.set(client(n), { lastUsed: BigInt(n), backendId: n });
          assert.equal(t.get(client(n))?.backendId, n);
        }
        const size = all(t).length;
        assert.ok(size > 0 && size <= 256, `${size} entries`);
      },
    );
    test('both readings of a key', layout, { maxEntries: 256 }, (t) => {
      const socket = { clientCookie: 5n, revNatId: 1, netnsCookie: true };
      t.set(client(1), { lastUsed: 1n, backendId: 1 });
      t.set(socket, { lastUsed: 2n, backendId: 2 });
      assert.equal(t.get(client(1))?.backendId, 1);
      assert.deepEqual(t.get(socket), { lastUsed: 2n, backendId: 2 });
      assert.equal(all(t).length, 2);
    });
    test('update flags', layout, { maxEntries: 256 }, (t) => {
      fails('ENOENT', () => t.set(client(1), { lastUsed: 0n, backendId: 1 }, 'exist'));
      t.set(client(1), { lastUsed: 0n, backendId: 1 }, 'noexist');
      fails('EEXIST', () => t.set(client(1), { lastUsed: 0n, backendId: 2 }, 'noexist'));
    });
  });

  describe('LPM trie', () => {
    const layout = catalog.lb4_source_range;
    const range = (addr: string, bits: number, revNatId = 1) => ({ prefixlen: 32 + bits, revNatId, addr });
    const host = (addr: string, revNatId = 1) => range(addr, 32, revNatId);
    const size = { maxEntries: 3 };
    test('a lookup finds any prefix that covers it, of the same service', layout, size, (t) => {
      t.set(range('192.0.2.0', 25), present);
      assert.deepEqual(t.get(host('192.0.2.1')), present);
      assert.equal(t.get(host('192.0.2.128')), undefined);
      assert.equal(t.get(host('192.0.2.1', 2)), undefined);
      assert.equal(t.get(range('192.0.2.0', 24)), undefined);
    });
    test('prefix length 0 covers everything of the service', layout, size, (t) => {
      t.set(range('0.0.0.0', 0), present);
      assert.deepEqual(t.get(host('203.0.113.9')), present);
      assert.equal(t.get(host('203.0.113.9', 2)), undefined);
    });
    test('deletes exactly the prefix', layout, size, (t) => {
      t.set(range('192.0.2.0', 24), present);
      t.set(range('192.0.2.0', 25), present);
      assert.equal(t.delete(range('192.0.2.0', 26)), false);
      assert.equal(t.delete(range('192.0.2.0', 25)), true);
      assert.deepEqual(t.get(host('192.0.2.1')), present);
      assert.equal(t.delete(range('192.0.2.0', 24)), true);
      assert.equal(t.get(host('192.0.2.1')), undefined);
    });
    test('is full at maxEntries with ENOSPC; the same prefix can be rewritten', layout, size, (t) => {
      for (let n = 0; n < 3; n++) t.set(range(`192.0.${n}.0`, 24), present);
      fails('ENOSPC', () => t.set(range('192.0.3.0', 24), present));
      assert.equal(all(t).length, 3);
    });
    test('bits beyond the prefix do not make another entry', layout, size, (t) => {
      t.set(range('192.0.2.1', 24), present);
      t.set(range('192.0.2.2', 24), present);
      assert.deepEqual(all(t), [[range('192.0.2.2', 24), present]]);
    });
    test('a prefix longer than the key is EINVAL, and found by no lookup', layout, size, (t) => {
      t.set(range('0.0.0.0', 0), present);
      assert.equal(t.get(range('192.0.2.0', 33)), undefined);
      fails('EINVAL', () => t.set(range('192.0.2.0', 33), present));
      fails('EINVAL', () => t.delete(range('192.0.2.0', 33)));
    });
    test('entries', layout, size, (t) => {
      t.set(range('192.0.2.0', 24), present);
      t.set(range('198.51.100.0', 24, 2), present);
      assert.deepEqual(
        all(t)
          .map(([key]) => key.addr)
          .sort(),
        ['192.0.2.0', '198.51.100.0'],
      );
    });
  });

  describe('array', () => {
    test('all elements are there from the start, zero', array, { maxEntries: 4 }, (t) => {
      assert.deepEqual(t.get({ index: 3 }), { word: 0n });
      assert.equal(t.get({ index: 4 }), undefined);
      t.set({ index: 2 }, { word: 7n });
      assert.deepEqual(
        all(t).map(([, value]) => value.word),
        [0n, 0n, 7n, 0n],
      );
    });
    test('beyond the end E2BIG, noexist EEXIST, delete EINVAL', array, { maxEntries: 4 }, (t) => {
      fails('E2BIG', () => t.set({ index: 4 }, { word: 1n }));
      fails('EEXIST', () => t.set({ index: 0 }, { word: 1n }, 'noexist'));
      t.set({ index: 0 }, { word: 1n }, 'exist');
      fails('EINVAL', () => t.delete({ index: 0 }));
    });
  });

  describe('map of maps (Maglev)', () => {
    const layout = catalog.lb4_maglev;
    const size = { maxEntries: 2, tableSize: 7 };
    const table = (first: number) => Uint32Array.from({ length: 7 }, (_, i) => first + (i % 2));
    test('holds whole lookup tables, shared ones too', layout, size, (t) => {
      const shared = table(1);
      t.set({ revNatId: 1 }, shared);
      t.set({ revNatId: 2 }, shared);
      assert.deepEqual([...t.get({ revNatId: 1 })!], [1, 2, 1, 2, 1, 2, 1]);
      assert.deepEqual(t.get({ revNatId: 2 }), t.get({ revNatId: 1 }));
      assert.equal(t.get({ revNatId: 3 }), undefined);
      t.set({ revNatId: 1 }, table(5));
      assert.equal(t.get({ revNatId: 1 })![0], 5);
      assert.equal(t.get({ revNatId: 2 })![0], 1);
      assert.equal(t.delete({ revNatId: 1 }), true);
      assert.equal(t.get({ revNatId: 2 })![0], 1);
      assert.equal(all(t).length, 1);
    });
    test('is full at maxEntries', layout, size, (t) => {
      assert.equal(t.setBatch([1, 2].map((n) => [{ revNatId: n }, table(n)] as const)), 2);
      fails('E2BIG', () => t.set({ revNatId: 3 }, table(3)));
      assert.equal(t.deleteBatch([{ revNatId: 1 }, { revNatId: 9 }]), 1);
    });
    test('a table of another length is EINVAL', layout, size, (t) => {
      fails('EINVAL', () => t.set({ revNatId: 1 }, new Uint32Array(11)));
    });
  });
}
