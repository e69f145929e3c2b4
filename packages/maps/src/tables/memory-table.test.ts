import { describe, expect, it } from 'vitest';
import { catalog } from '../catalog.ts';
import { failFrom, failNth } from './fail-nth.ts';
import { createMemoryPerCpuTable, createMemoryTable } from './memory-table.ts';
import { createMemoryTables } from './memory-tables.ts';
import { tableCompliance } from './table-compliance.ts';

tableCompliance({ describe, it }, (layout, options) => createMemoryTable(layout, options));

const nat = (n: number) => ({ address: `192.0.2.${n}`, port: n });

describe('memory tables', () => {
  it('evict the entry that was written longest ago', () => {
    const table = createMemoryTable(catalog.lb4_affinity, { maxEntries: 2 });
    const key = (n: number) => ({ clientIp: `203.0.113.${n}`, revNatId: 1, netnsCookie: false });
    const value = (n: number) => ({ lastUsed: 0n, backendId: n });
    table.set(key(1), value(1));
    table.set(key(2), value(2));
    table.set(key(1), value(10));
    table.get(key(2));
    table.set(key(3), value(3));
    expect([...table.entries()].map(([, v]) => v.backendId)).toEqual([10, 3]);
  });

  it('fail on request, without effect, and count over all tables made together', () => {
    const tables = createMemoryTables({ failOn: failNth(2, 'ENOMEM') });
    tables.lb4_reverse_nat.set({ revNatId: 1 }, nat(1));
    expect(() => tables.lb4_backends_v3.delete({ backendId: 1 })).toThrow(
      /delete in lb4_backends_v3.*ENOMEM/,
    );
    tables.lb4_reverse_nat.set({ revNatId: 2 }, nat(2));
    expect([...tables.lb4_reverse_nat.entries()]).toHaveLength(2);
  });

  it('a batch that a fault stops says how far it came', () => {
    const table = createMemoryTable(catalog.lb4_reverse_nat, { failOn: failFrom(3, 'EPERM') });
    const entries = [1, 2, 3, 4].map((n) => [{ revNatId: n }, nat(n)] as const);
    expect(() => table.setBatch(entries)).toThrow(expect.objectContaining({ code: 'EPERM', done: 2 }));
    expect([...table.entries()]).toHaveLength(2);
  });

  it('can be given sizes for all maps or for some', () => {
    expect(createMemoryTables({ maxEntries: 5 }).lb6_maglev.maxEntries).toBe(5);
    const tables = createMemoryTables({ maxEntries: { lb4_backends_v3: 7 } });
    expect([tables.lb4_backends_v3.maxEntries, tables.lb6_backends_v3.maxEntries]).toEqual([7, 65536]);
  });

  it('per-CPU tables hold one value per CPU and refuse another number of them', () => {
    const table = createMemoryPerCpuTable(catalog.snat_v4_alloc_retries, { cpus: 2 });
    expect(table.get({ tries: 32 })).toEqual([{ flows: 0 }, { flows: 0 }]);
    table.set({ tries: 1 }, [{ flows: 3 }, { flows: 4 }]);
    expect(table.get({ tries: 1 })).toEqual([{ flows: 3 }, { flows: 4 }]);
    expect(() => table.set({ tries: 1 }, [{ flows: 3 }])).toThrow(/one value for each of 2 CPUs/);
  });

  it('say which of them is meant for a layout', () => {
    expect(() => createMemoryTable(catalog.metrics)).toThrow(/createMemoryPerCpuTable/);
    const maglev = createMemoryTable(catalog.lb4_maglev);
    expect(() => maglev.set({ revNatId: 1 }, [1, 2] as never)).toThrow(/takes lookup tables/);
  });

  it('finds the longest prefix', () => {
    const table = createMemoryTable(catalog.ipcache_v2);
    const prefix = (ip4: string, bits: number) => ({ prefixlen: 32 + bits, clusterId: 0, family: 1, ip4 });
    const value = (n: number) => ({ secIdentity: n, tunnelEndpoint: '0.0.0.0', key: 0, flags: 0 });
    for (const [ip, bits] of [
      ['0.0.0.0', 0],
      ['192.0.2.0', 24],
      ['192.0.2.64', 26],
    ] as const) {
      table.set(prefix(ip, bits), value(bits));
    }
    const found = ['192.0.2.65', '192.0.2.128', '198.51.100.1'].map(
      (ip) => table.get(prefix(ip, 32))?.secIdentity,
    );
    expect(found).toEqual([26, 24, 0]);
  });
});
