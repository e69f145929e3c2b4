import { type AnyLayout, type AnyTable, catalog, TableError } from '@lbx/maps';
import { type TestFunctions, tableCompliance } from '@lbx/maps/testing';
import { describeKernel } from '@lbx/testing';
import { BpfMap } from 'libbpf-ts';
import { describe, expect, it } from 'vitest';
import { createKernelTable } from './kernel-table.ts';
import { createMaglevTable } from './maglev-table.ts';

/** A real map of the layout, closed with its table. */
function makeTable(
  layout: AnyLayout,
  { maxEntries, tableSize = 251 }: { maxEntries: number; tableSize?: number },
): AnyTable & Disposable {
  const { name, type, flags, key, valueSize, inner } = layout;
  const map = BpfMap.create({
    name,
    type,
    flags,
    keySize: key.size,
    valueSize,
    maxEntries,
    ...(inner === undefined ? {} : { innerSpec: { ...inner, keySize: 4, valueSize: 4 * tableSize } }),
  });
  const table =
    inner === undefined ? createKernelTable(map, layout) : createMaglevTable(map, layout, tableSize);
  return Object.assign(table, { [Symbol.dispose]: () => map.close() });
}

describeKernel('kernel tables', () => {
  tableCompliance({ describe, it } as TestFunctions, makeTable as never);

  it('shares one inner map between entries that are set with the same lookup table', () => {
    using table = makeTable(catalog.lb4_maglev, { maxEntries: 8, tableSize: 3 });
    const lookup = Uint32Array.of(1, 2, 1);
    table.setBatch([
      [{ revNatId: 1 }, lookup],
      [{ revNatId: 2 }, lookup],
      [{ revNatId: 3 }, Uint32Array.of(1, 2, 1)],
    ]);
    const read = new Map([...table.entries()].map(([key, value]) => [key.revNatId, value]));
    expect(read.get(1)).toBe(read.get(2));
    expect(read.get(1)).not.toBe(read.get(3));
    expect(read.get(3)).toEqual(lookup);
  });

  it('refuses a lookup table of another size than the map was made for', () => {
    using table = makeTable(catalog.lb4_maglev, { maxEntries: 8, tableSize: 3 });
    expect(() => table.set({ revNatId: 1 }, Uint32Array.of(1, 2))).toThrow(
      expect.objectContaining({
        code: 'EINVAL',
        cause: expect.objectContaining({
          message: expect.stringMatching(/2 slots does not fit a map made for 3/),
        }),
      }),
    );
  });

  it('says how many entries of a batch went in before the map was full', () => {
    using table = makeTable(catalog.lb4_reverse_nat, { maxEntries: 4 });
    const entries = Array.from(
      { length: 8 },
      (_, i) => [{ revNatId: i + 1 }, { address: '198.51.100.1', port: 80 }] as const,
    );
    const error = captured(() => table.setBatch(entries));
    expect(error).toBeInstanceOf(TableError);
    expect(error).toMatchObject({ code: 'E2BIG', map: 'lb4_reverse_nat', maxEntries: 4, done: 4 });
  });
});

function captured(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}
