import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyFrontends, backend, frontend, projectionOf, renamed } from '../../test/diff-case.ts';
import { catalog } from '../catalog.ts';
import { dump } from '../dump/dump.ts';
import { parseDump } from '../dump/parse-dump.ts';
import type { AnyLayout } from '../layouts/map-layout.ts';
import { BackendStateByte } from '../layouts/names.ts';
import { type Entry, entryId, sameEntry } from '../project/entry.ts';
import { diffLines } from './diff-lines.ts';
import { diffStates } from './diff-states.ts';

const web = frontend(80, [backend(1), backend(2)]);

describe('diffStates', () => {
  it('finds nothing between a state and itself', () => {
    fc.assert(
      fc.property(anyFrontends, (frontends) => {
        const state = projectionOf(...frontends);
        expect(diffStates(state, state, { ids: true })).toEqual({
          equal: true,
          frontends: [],
          wildcards: [],
          others: [],
          entries: [],
        });
      }),
    );
  });

  it('does not mind other ids, unless asked', () => {
    fc.assert(
      fc.property(anyFrontends, fc.integer({ min: 1, max: 9999 }), (frontends, from) => {
        const state = projectionOf(...frontends);
        // Downwards, so that their order changes too.
        const other = renamed(
          state,
          (id) => 20_000 - id,
          (id) => from + 20_000 - id,
        );
        expect(diffStates(state, other).entries).toEqual([]);
        expect(diffStates(state, other, { ids: true }).equal).toBe(state.frontends.size === 0);
      }),
    );
  });

  it('notices any single entry that is gone, and any other value', () => {
    fc.assert(
      fc.property(
        anyFrontends,
        fc.nat(),
        fc.uint8Array({ minLength: 24, maxLength: 24 }),
        (all, at, bytes) => {
          const state = projectionOf(...all);
          const entries = new Map(state.entries);
          if (entries.size === 0) return;
          const [id, entry] = [...entries][at % entries.size]!;
          entries.delete(id);
          for (const [a, b, change] of [
            [state, { entries }, 'removed'],
            [{ entries }, state, 'added'],
          ] as const) {
            const { equal, entries: found, frontends, others, wildcards } = diffStates(a, b);
            expect(equal).toBe(false);
            expect(found.map(({ change }) => change)).toContain(change);
            expect(frontends.length + others.length + wildcards.length).toBeGreaterThan(0);
          }
          const layout = catalog[entry.map] as AnyLayout;
          if (layout.inner !== undefined) return;
          // Bytes that mean something: what stands where nothing is described is not compared.
          const key = layout.key.decode(layout.key.encode(entry.key));
          const value = layout.value.decode(bytes.slice(0, layout.valueSize), key);
          const other = { map: entry.map, key, value } as Entry;
          if (sameEntry(entry, other)) return;
          entries.set(entryId(entry.map, key as Entry['key']), other);
          expect(diffStates(state, { entries }).equal).toBe(false);
        },
      ),
    );
  });

  it('notices a single position of a Maglev table', () => {
    const state = projectionOf({ ...web, algorithm: 'maglev' });
    const entries = new Map(state.entries);
    const [id, entry] = [...entries].find(([, { map }]) => map === 'lb4_maglev')!;
    const table = Uint32Array.from(entry.value as Uint32Array);
    table[3] = table[3] === 1 ? 2 : 1;
    entries.set(id, { ...entry, value: table } as Entry);
    const { frontends } = diffStates(state, { entries });
    expect(frontends).toMatchObject([{ name: '198.51.100.1:80/TCP', maglev: { moved: 1 } }]);
  });

  it('tells what a person would say, not what entries moved', () => {
    const diff = diffStates(
      projectionOf(web, frontend(81, [backend(1)]), frontend(82, [backend(7)])),
      projectionOf(
        {
          ...web,
          backends: [backend(0), backend(2, { state: 'terminating' })],
          affinitySeconds: 60,
          extLocal: true,
        },
        frontend(82, [backend(7)]),
        frontend(83, [], { type: 'ClusterIP', address: '2001:db8::1' }),
      ),
    );
    expect(diff.frontends.map(({ name, change, service }) => [name, change, service])).toEqual([
      ['198.51.100.1:80/TCP', 'changed', 's80'],
      ['198.51.100.1:81/TCP', 'removed', 's81'],
      ['[2001:db8::1]:83/TCP', 'added', 's83'],
    ]);
    expect(diff.frontends[0]!.backends.map(({ backend, change }) => [backend, change])).toEqual([
      ['192.0.2.1:8080/TCP', 'removed'],
      ['192.0.2.2:8080/TCP', 'changed'],
      ['192.0.2.0:8080/TCP', 'added'],
    ]);
    expect(diffLines(diff)).toEqual([
      '~ 198.51.100.1:80/TCP  LoadBalancer  s80',
      '    extLocal: off → on',
      '    twoScopes: off → on',
      '    affinity: off → 60 s',
      '  - backend 192.0.2.1:8080/TCP',
      '  ~ backend 192.0.2.2:8080/TCP  newFlows: yes → no  state: active → terminating',
      '  + backend 192.0.2.0:8080/TCP',
      '- 198.51.100.1:81/TCP  LoadBalancer  s81',
      '  - backend 192.0.2.1:8080/TCP',
      '+ [2001:db8::1]:83/TCP  ClusterIP  s83  (no backends)',
      '+ all other ports of 2001:db8::1',
    ]);
  });

  it('tells a backend whose state alone differs with every frontend that has it', () => {
    const of = (state: 'active' | 'quarantined') => [
      frontend(80, [backend(1), backend(2, { state })]),
      frontend(81, [backend(2, { state })]),
    ];
    const before = projectionOf(...of('active'));
    const entries = new Map(before.entries);
    const [id, entry] = [...entries].find(([, { key }]) => 'backendId' in key && key.backendId === 2)!;
    entries.set(id, { ...entry, value: { ...entry.value, state: BackendStateByte.quarantined } } as Entry);
    const { frontends, entries: found } = diffStates(before, { entries });
    expect(found).toHaveLength(1);
    expect(frontends.map(({ name, backends }) => [name, backends.length])).toEqual([
      ['198.51.100.1:80/TCP', 1],
      ['198.51.100.1:81/TCP', 1],
    ]);
  });

  it('compares what was dumped', () => {
    const state = projectionOf({
      ...web,
      algorithm: 'maglev',
      affinitySeconds: 5,
      sourceRanges: ['203.0.113.0/24'],
    });
    const parsed = parseDump(dump(state)) as Entry[];
    const entries = new Map(parsed.map((entry) => [entryId(entry.map, entry.key), entry]));
    expect(diffStates(state, { entries }, { ids: true }).entries).toEqual([]);
  });

  it('tells leftovers apart: backends and frontend ids that nobody has', () => {
    const state = projectionOf(web);
    const entries = new Map(state.entries);
    const add = (entry: Entry) => entries.set(entryId(entry.map, entry.key), entry);
    add({
      map: 'lb4_backends_v3',
      key: { backendId: 9 },
      value: { address: '192.0.2.9', port: 1, proto: 6, state: 0, clusterId: 0, zone: 0 },
    } as Entry);
    add({
      map: 'lb4_reverse_nat',
      key: { revNatId: 77 },
      value: { address: '198.51.100.9', port: 1 },
    } as Entry);
    const diff = diffStates(state, { entries });
    expect(diff.frontends).toEqual([]);
    expect(diffLines(diff)).toEqual([
      '+ lb4_backends_v3 192.0.2.9:1/TCP (no frontend has it)',
      "+ lb4_reverse_nat frontend id 77 (nobody's) (no frontend has it)",
    ]);
  });
});
