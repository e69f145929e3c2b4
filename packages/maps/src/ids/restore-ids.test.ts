import { describe, expect, it } from 'vitest';
import type { Frontend } from '../model/frontend.ts';
import { applyOps } from '../plan/apply-ops.ts';
import { plan } from '../plan/plan.ts';
import { readSnapshot } from '../plan/snapshot.ts';
import { project } from '../project/project.ts';
import { createMemoryTables } from '../tables/memory-tables.ts';
import { createIds } from './ids.ts';
import { restoreIds } from './restore-ids.ts';

const frontend = (port: number, backends: readonly string[], more: Partial<Frontend> = {}): Frontend => ({
  service: 's',
  address: '198.51.100.1',
  port,
  protocol: 'TCP',
  type: 'ClusterIP',
  backends: backends.map((address) => ({ address, port: 8080, protocol: 'TCP' })),
  ...more,
});
const options = { wildcards: true };

describe('restoreIds', () => {
  it('finds every id in the maps and writes nothing anew', () => {
    const tables = createMemoryTables();
    const ids = createIds();
    project([frontend(79, ['192.0.2.9'])], options, ids); // takes the first ids
    const frontends = [
      frontend(80, ['192.0.2.1', '192.0.2.2'], { affinitySeconds: 5 }),
      frontend(80, ['192.0.2.1'], { scope: 'internal' }),
      {
        ...frontend(80, []),
        address: '2001:db8::1',
        backends: [{ address: '2001:db8::2', port: 1, protocol: 'UDP' as const }],
      },
    ];
    applyOps(tables, plan(readSnapshot(tables), project(frontends, options, ids)));
    const snapshot = readSnapshot(tables);
    const restored = restoreIds(snapshot);
    expect(new Map(restored.frontends.entries())).toEqual(new Map(ids.frontends.entries()));
    expect(new Map(restored.backends.entries())).toEqual(new Map(ids.backends.entries()));
    expect(plan(snapshot, project(frontends, options, restored))).toEqual([]);
  });

  it('separates two frontends that share an id: both answer, with the id where reverse NAT says', () => {
    const tables = createMemoryTables();
    applyOps(
      tables,
      plan(readSnapshot(tables), project([frontend(80, ['192.0.2.1'])], options, createIds())),
    );
    const other = { address: '198.51.100.1', dport: 70, proto: 6, scope: 0 };
    const slot = { count: 0, revNatIndex: 1, flags: 0, flags2: 0, qcount: 0 };
    tables.lb4_services_v2.set({ ...other, backendSlot: 1 }, { ...slot, backendId: 1 });
    tables.lb4_services_v2.set(
      { ...other, backendSlot: 0 },
      { ...slot, count: 1, affinityTimeout: { seconds: 0, algorithm: 0 } },
    );

    const snapshot = readSnapshot(tables);
    const ids = restoreIds(snapshot);
    const wanted = project([frontend(70, ['192.0.2.1']), frontend(80, ['192.0.2.1'])], options, ids);
    expect([...wanted.frontends.values()].map(({ name, revNatId }) => [name, revNatId])).toEqual([
      ['198.51.100.1:70/TCP', 2],
      ['198.51.100.1:80/TCP', 1],
    ]);
    applyOps(tables, plan(snapshot, wanted));
    expect([...tables.lb4_reverse_nat.entries()]).toEqual([
      [{ revNatId: 1 }, { address: '198.51.100.1', port: 80 }],
      [{ revNatId: 2 }, { address: '198.51.100.1', port: 70 }],
    ]);
    expect(plan(readSnapshot(tables), wanted)).toEqual([]);
  });

  it('keeps the id of a doubled backend that slots use, and quarantines ids that only stale entries have', () => {
    const tables = createMemoryTables();
    applyOps(
      tables,
      plan(readSnapshot(tables), project([frontend(80, ['192.0.2.1'])], options, createIds())),
    );
    const double = tables.lb4_backends_v3.get({ backendId: 1 })!;
    tables.lb4_backends_v3.set({ backendId: 2 }, double);
    tables.lb_affinity_match.set({ backendId: 7, revNatId: 9 }, {});
    const ids = restoreIds(readSnapshot(tables));
    expect(ids.backends.find('192.0.2.1:8080/TCP')).toBe(1);
    expect(ids.backends.take('192.0.2.3:8080/TCP').id).toBe(8);
    expect(ids.frontends.take('198.51.100.9:80/TCP').id).toBe(10);
    expect(ids.backends.nameOf(2)).toBeUndefined();
  });
});
