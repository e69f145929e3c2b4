import { expect, it } from 'vitest';
import { dump } from '../dump/dump.ts';
import { createIds, type Ids } from '../ids/ids.ts';
import { frontendsOf } from '../model/frontends-of.ts';
import { parseServiceSpec } from '../model/parse-service-spec.ts';
import { project } from '../project/project.ts';
import { createMemoryTables } from '../tables/memory-tables.ts';
import { carryOut } from './carry-out.ts';
import { allChanges } from './change.ts';
import type { Op } from './op.ts';
import { createWritten } from './written.ts';

/** Services by name: the last bytes of their backends. */
type Services = Readonly<Record<string, readonly number[]>>;

/** Maps with so much room, and services written into them one state after the other. */
function world(backends: number) {
  const tables = createMemoryTables({
    maxEntries: { lb4_backends_v3: backends, lb_affinity_match: 2 * backends },
  });
  const written = createWritten({ entries: new Map() });
  const ids: Ids = createIds();
  return (services: Services) => {
    const frontends = Object.entries(services).flatMap(([name, numbers], i) =>
      frontendsOf(
        parseServiceSpec({
          name,
          frontends: [`198.51.100.${i + 1}:80/TCP`],
          backends: numbers.map((n) => `192.0.2.${n}:80`),
          affinitySeconds: 60,
          algorithm: 'maglev',
        }),
      ),
    );
    const desired = project(frontends, { algorithm: 'maglev', maglevSize: 13 }, ids);
    const ops: Op[] = [];
    const { failures, pending } = carryOut(tables, written, desired, allChanges(written, desired), {
      onOps: (planned) => ops.push(...planned),
      knobs: { lb4_backends_v3: 'endpoints' },
    });
    return {
      errors: failures.map(({ error }) => error.message),
      pending,
      ops,
      isThere: same(dump(tables), dump(desired)),
    };
  };
}
const same = (a: readonly string[], b: readonly string[]) => a.join() === b.join();

it.each<[string, number, Services, Services]>([
  ['some backends of a service', 2, { web: [1, 2] }, { web: [2, 3] }],
  ['all backends of a service', 2, { web: [1, 2] }, { web: [3, 4] }],
  [
    'the backends of many services, through one free entry',
    5,
    { a: [1], b: [2], c: [3], d: [4] },
    { a: [5], b: [6], c: [7], d: [8] },
  ],
  ['one that grows and one that shrinks', 3, { a: [1], b: [2, 3] }, { a: [1, 4], b: [3] }],
  ['one that takes over what another one lets go', 3, { a: [1, 2], b: [3] }, { a: [3], b: [1, 2] }],
  ['one that comes and one that goes', 2, { a: [1, 2] }, { b: [3, 4] }],
])('exchanges %s in a full map', (_, room, before, after) => {
  const write = world(room);
  expect(write(before)).toMatchObject({ errors: [], isThere: true });
  expect(write(after)).toMatchObject({ errors: [], isThere: true });
});

it('takes nothing away that is wanted: its established flows go on', () => {
  const write = world(3);
  write({ web: [1, 2, 3] });
  const { ops } = write({ web: [2, 3, 4] });
  const deleted = ops.filter(({ op, map }) => op === 'delete' && map === 'lb4_backends_v3');
  expect(new Set(deleted.map(({ key }) => JSON.stringify(key)))).toEqual(new Set(['{"backendId":1}']));
});

it('says so where no entry is free and each frontend has its last backend, and goes on when there is one', () => {
  const write = world(2);
  write({ a: [1], b: [2] });
  const stuck = write({ a: [3], b: [2] });
  expect(stuck.errors).toEqual([
    'backend: map lb4_backends_v3 is full (2 entries); raise the option endpoints',
  ]);
  expect([...stuck.pending]).toEqual(['198.51.100.1:80/TCP']);
  expect(write({ a: [3] })).toMatchObject({ errors: [], isThere: true });
});
