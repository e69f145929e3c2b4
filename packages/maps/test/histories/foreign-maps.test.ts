import { describe, expect, it } from 'vitest';
import type { MapKey, MapValue } from '../../src/catalog.ts';
import { createIds } from '../../src/ids/ids.ts';
import { readSnapshot } from '../../src/plan/snapshot.ts';
import type { Entry } from '../../src/project/entry.ts';
import { project } from '../../src/project/project.ts';
import { isMaster, isService, isWildcard } from '../../src/project/service-entry.ts';
import { createMemoryTables, type Tables } from '../../src/tables/memory-tables.ts';
import type { AnyTable } from '../../src/tables/table.ts';
import { createIncrementalWriter } from './incremental-writer.ts';
import { runHistories, runsOf, showTally, timeFor } from './run-histories.ts';
import { type MakeWriter, newTally } from './session.ts';
import { canonical, difference, tablesWith, wrongWith } from './state.ts';
import { createWorld } from './world.ts';
import { createSnapshotWriter } from './writer.ts';

type Service = MapValue<'lb4_services_v2'>;
const set = (tables: Tables, { map, key }: Pick<Entry, 'map' | 'key'>, value: unknown) =>
  (tables[map] as AnyTable).set(key, value);

/** Faults of whoever wrote the maps before, or of a hand that reached into them. `die` chooses what is hit. */
const faults: readonly ((tables: Tables, entries: readonly Entry[], die: number) => void)[] = [
  function loseAnEntry(tables, entries, die) {
    const entry = pick(entries, die);
    if (entry !== undefined) (tables[entry.map] as AnyTable).delete(entry.key);
  },
  function shareAnId(tables, entries, die) {
    const masters = entries.filter((entry) => isMaster(entry) && !isWildcard(entry));
    const [one, other] = [pick(masters, die), masters[0]];
    if (one === undefined || other === undefined) return;
    set(tables, one, { ...(one.value as Service), revNatIndex: (other.value as Service).revNatIndex });
  },
  function doubleABackend(tables, entries, die) {
    const entry = pick(
      entries.filter(({ map }) => map.includes('backends')),
      die,
    );
    const backendId = entry?.map === 'lb6_backends_v3' ? 900 : 905; // both families share the ids
    if (entry !== undefined) set(tables, { map: entry.map, key: { backendId } } as Entry, entry.value);
  },
  function giveABackendToAnother(tables, entries, die) {
    const backends = entries.filter(({ map }) => map === 'lb4_backends_v3');
    const [one, other] = [pick(backends, die), backends[0]];
    if (one !== undefined && other !== undefined) set(tables, one, other.value);
  },
  function giveBothFamiliesOneId(tables, entries, die) {
    const of = (family: 4 | 6) => entries.filter(({ map }) => map === `lb${family}_backends_v3`);
    const [four, six] = [pick(of(4), die), pick(of(6), die)];
    if (four === undefined || six === undefined) {
      tables.lb6_backends_v3.set({ backendId: 1 }, { ...backend6, address: '2001:db8:9::1' });
      return;
    }
    const { backendId } = four.key as { backendId: number };
    set(tables, { map: six.map, key: { backendId } } as Entry, six.value);
    for (const { map, key, value } of entries)
      if (map === 'lb6_services_v2' && (value as Service & { backendId?: number }).backendId !== undefined)
        set(tables, { map, key } as Entry, { ...value, backendId });
  },
  function leaveStrays(tables) {
    tables.lb_affinity_match.set({ backendId: 901, revNatId: 801 }, {});
    tables.lb4_reverse_nat.set({ revNatId: 802 }, { address: '198.51.100.1', port: 80 });
    tables.lb4_source_range.set({ prefixlen: 56, revNatId: 1, addr: '192.0.2.0' }, {});
    tables.lb4_maglev.set({ revNatId: 803 }, Uint32Array.of(1, 902, 903));
  },
  function leadASlotNowhere(tables, entries, die) {
    const slots = entries.filter((entry) => isService(entry) && !isMaster(entry));
    const entry = pick(slots, die);
    if (entry !== undefined) set(tables, entry, { ...(entry.value as Service), backendId: 904 });
  },
  function changeAMaster(tables, entries, die) {
    const entry = pick(entries.filter(isMaster), die);
    if (entry !== undefined)
      set(tables, entry, { ...(entry.value as Service), count: 3, flags: 0xff, qcount: 1 });
  },
  function leaveSlotsWithoutMaster(tables) {
    const key: MapKey<'lb4_services_v2'> = {
      address: '198.51.100.1',
      dport: 81,
      backendSlot: 9,
      proto: 6,
      scope: 0,
    };
    tables.lb4_services_v2.set(key, {
      backendId: 1,
      count: 0,
      revNatIndex: 1,
      flags: 0,
      flags2: 0,
      qcount: 0,
    });
  },
];

const backend6 = {
  port: 80,
  proto: 6,
  state: 0,
  flags: 0,
  clusterId: 0,
  zone: 0,
} as unknown as MapValue<'lb6_backends_v3'>;
const pick = <T>(list: readonly T[], die: number): T | undefined => list[Math.floor(die * list.length)];

describe('a writer that finds maps which are wrong', () => {
  it.each<[string, MakeWriter]>([
    ['incremental', createIncrementalWriter],
    ['snapshot', createSnapshotWriter],
  ])(
    'makes them right, whatever was done to them, and no id means two things (%s)',
    (_, make) => {
      const tally = newTally();
      runHistories(1000, (history, dice) => {
        tally.histories++;
        const world = createWorld();
        const ids = createIds();
        const [last, ...first] = [...history].reverse();
        const before = world.happen(first.reverse().flat());
        const entries = [
          ...project([...before.services.values()].flat(), before.options, ids).entries.values(),
        ];
        const tables = tablesWith(entries);
        const done = dice.flatMap((die, i) => {
          const fault = pick(faults, die);
          fault?.(tables, entries, dice[(i + 1) % dice.length]!);
          return fault?.name ?? [];
        });
        tally.faults += done.length;
        const desired = world.happen(last!);
        try {
          const writer = make(tables);
          const projection = writer.want(desired);
          const { failures } = writer.write();
          if (failures.length > 0) throw failures[0]!.error;
          const snapshot = readSnapshot(tables);
          const wrong = wrongWith(snapshot, projection);
          if (wrong !== undefined) throw new Error(wrong);
          if (projection.refused.length > 0) return;
          const clean = project([...desired.services.values()].flat(), desired.options, createIds());
          const differs = difference(
            'not as after a clean run',
            canonical(snapshot.entries.values()),
            canonical(clean.entries.values()),
          );
          if (differs !== undefined) throw new Error(differs);
        } catch (error) {
          throw new Error(`${done.join(', ')}: ${(error as Error).message}`, { cause: error });
        }
      });
      showTally(expect.getState().currentTestName ?? '', tally);
      expect(tally.faults).toBeGreaterThan(3 * runsOf(1000));
    },
    timeFor(300),
  );

  it('leaves nothing of maps when nothing is wanted', () => {
    const tables = createMemoryTables();
    for (const fault of faults) fault(tables, [], 0);
    const writer = createIncrementalWriter(tables);
    writer.want({ services: new Map(), options: {} });
    writer.write();
    expect([...readSnapshot(tables).entries.keys()]).toEqual([]);
  });
});
