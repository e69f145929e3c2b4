import { describe, expect, it } from 'vitest';
import { createIds } from '../ids/ids.ts';
import { releaseIds } from '../ids/release-ids.ts';
import { restoreIds } from '../ids/restore-ids.ts';
import type { Frontend } from '../model/frontend.ts';
import { mergeChanges } from '../project/projection-changes.ts';
import { createProjector } from '../project/projector.ts';
import type { FailOn } from '../tables/memory-table-options.ts';
import { createMemoryTables } from '../tables/memory-tables.ts';
import { applyOps } from './apply-ops.ts';
import { allChanges, type PlanOptions } from './change.ts';
import { planChanges } from './plan.ts';
import { readSnapshot } from './snapshot.ts';
import { unsettled } from './unsettled.ts';
import { createWritten, type Written } from './written.ts';

const frontend = (port: number, numbers: readonly number[], more: Partial<Frontend> = {}): Frontend => ({
  service: `s${port}`,
  address: '198.51.100.1',
  port,
  protocol: 'TCP',
  type: 'LoadBalancer',
  backends: numbers.map((n) => ({ address: `192.0.2.${n}`, port: 8080, protocol: 'TCP' })),
  ...more,
});

/** Maps, their mirror and a projector, and one round of bringing the maps in line. */
function world(failOn: FailOn = () => undefined) {
  const tables = createMemoryTables({ failOn });
  const ids = createIds({ quarantineSeconds: 60 });
  const projector = createProjector({ wildcards: true }, ids);
  const written = createWritten(readSnapshot(tables));
  let left = allChanges(written, projector.projection);
  const round = (options: PlanOptions = {}) => {
    const { projection } = projector;
    const changes = mergeChanges(projector.takeChanges(), left);
    const ops = planChanges(written, projection, changes, options);
    const result = applyOps(tables, ops, written);
    left = unsettled(written, projection, changes, result, options);
    for (const name of releaseIds(ids, written, projection, changes)) left.frontends.add(name);
    return { ops, result, left };
  };
  const set = (...frontends: Frontend[]) => {
    for (const one of frontends) projector.set(one.service, [one]);
  };
  return { tables, ids, projector, written, round, set };
}

/** A mirror as plain data, by which two can be compared. */
function contents(written: Written) {
  const plain = (entries: Iterable<readonly [unknown, { value: unknown }]>) =>
    [...entries].map(([key, { value }]) => [String(key), value] as const).sort();
  return {
    frontends: [...written.frontends]
      .map(([name, { master, slots }]) => [name, master?.value, plain(slots)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
    backends: plain(written.backends),
    wildcards: plain(written.wildcards),
    ownerless: [...written.ownerless],
    entries: [...written.writeCounts]
      .flatMap(([map, { entries }]) => (entries > 0 ? [[map, entries]] : []))
      .sort(),
  };
}
const settled = { frontends: new Set(), backends: new Set(), wildcards: new Set() };

describe('Written', () => {
  it('stays what a new snapshot says', () => {
    const { tables, written, round, set, projector } = world();
    set(frontend(80, [1, 2, 3], { affinitySeconds: 9, sourceRanges: ['203.0.113.0/24'] }), frontend(81, [3]));
    const steps = [
      () => {},
      () => set(frontend(80, [2, 4])),
      () => set(frontend(82, [5]), frontend(81, [])),
      () => projector.set('s80', []),
      () => projector.setOptions({ wildcards: false }),
    ];
    for (const step of steps) {
      step();
      expect(round().left).toEqual(settled);
      expect(contents(written)).toEqual(contents(createWritten(readSnapshot(tables))));
    }
    // Of 81 the master stayed and its slot went; the tables have the rest of what was done.
    const { sets, deletes, entries } = written.writeCounts.get('lb4_backends_v3')!;
    expect([sets, deletes, entries]).toEqual([5, 4, 1]);
    expect(written.usesOf(5)).toBe(1);
    expect(written.usesOf(1)).toBe(0);
  });

  it('knows whose id it is where two frontends have one, by the reverse NAT entry', () => {
    const { tables, round, set } = world();
    set(frontend(80, [1]));
    round();
    const [[key, value]] = [...tables.lb4_services_v2.entries()].filter(
      ([{ backendSlot, dport }]) => backendSlot === 0 && dport === 80,
    ) as [[never, never]];
    tables.lb4_services_v2.set({ ...(key as object), dport: 79 } as never, value);
    const snapshot = readSnapshot(tables);
    expect(createWritten(snapshot).ownerOf(1)).toBe('198.51.100.1:80/TCP');
    expect(restoreIds(snapshot).frontends.nameOf(1)).toBe('198.51.100.1:80/TCP');
  });
});

describe('planChanges', () => {
  it('leaves out what it shall skip, and takes it up later', () => {
    const { round, set } = world();
    set(frontend(80, [1]), frontend(81, [2]));
    const skip = new Set(['198.51.100.1:80/TCP']);
    const { ops, left } = round({ skip });
    expect(ops.map((op) => op.frontend)).not.toContain('198.51.100.1:80/TCP');
    expect(left.frontends).toEqual(skip);
    expect(round().ops.map((op) => op.frontend)).toContain('198.51.100.1:80/TCP');
  });

  it('prunes nothing until it may, and then what is left', () => {
    const { tables, round, set, projector } = world();
    set(frontend(80, [1]), frontend(81, [2]));
    round();
    projector.set('s80', []);
    expect(round({ prune: false }).ops).toEqual([]);
    expect(tables.lb4_backends_v3.get({ backendId: 1 })).toBeDefined();
    expect(round().left).toEqual(settled);
    expect(tables.lb4_backends_v3.get({ backendId: 1 })).toBeUndefined();
  });

  it('keeps the backends and the wildcard of a frontend that is refused, until it is gone', () => {
    const { tables, round, set, projector } = world();
    const good = frontend(80, [1]);
    set(good);
    round();
    set({ ...good, backends: [], affinitySeconds: -1 });
    expect(round()).toMatchObject({
      ops: [],
      left: { backends: new Set([1]), wildcards: new Set(['198.51.100.1']) },
    });
    projector.set('s80', []);
    expect(round().left).toEqual(settled);
    expect(readSnapshot(tables).entries.size).toBe(0);
  });
});

describe('releaseIds', () => {
  it('frees an id when its entries are gone, not when they are unwanted', () => {
    let failing = false;
    const { ids, round, set, projector } = world(({ operation, map }) =>
      failing && operation === 'delete' && map === 'lb4_reverse_nat' ? 'EBUSY' : undefined,
    );
    set(frontend(80, [1]));
    round();
    failing = true;
    projector.set('s80', []);
    for (let i = 0; i < 3; i++) {
      expect([...round().left.frontends]).toEqual(['198.51.100.1:80/TCP']);
      expect(ids.frontends.nameOf(1)).toBe('198.51.100.1:80/TCP');
    }
    failing = false;
    expect(round().left).toEqual(settled);
    expect([ids.frontends.size, ids.backends.size]).toEqual([0, 0]);
  });

  it('frees ids that were taken for what is refused', () => {
    const { ids, round, projector, set } = world();
    projector.setOptions({ wildcards: false, maxEntries: { lb4_services_v2: 2 } });
    set(frontend(80, [1]), frontend(81, [2, 3]));
    expect(round().left).toEqual(settled);
    expect([...ids.frontends.entries()]).toEqual([['198.51.100.1:80/TCP', 1]]);
    expect([...ids.backends.entries()]).toEqual([['192.0.2.1:8080/TCP', 1]]);
  });
});
