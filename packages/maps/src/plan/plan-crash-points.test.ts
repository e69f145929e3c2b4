import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MapValue } from '../catalog.ts';
import { createIds } from '../ids/ids.ts';
import type { Backend } from '../model/backend.ts';
import type { Frontend } from '../model/frontend.ts';
import { project } from '../project/project.ts';
import type { Projection } from '../project/projection.ts';
import type { MasterValue } from '../project/service-entry.ts';
import { createMemoryTables, type Tables } from '../tables/memory-tables.ts';
import type { AnyTable } from '../tables/table.ts';
import type { Op } from './op.ts';
import { plan } from './plan.ts';
import { readSnapshot } from './snapshot.ts';

const options = { nodeAddresses: ['203.0.113.1'], maglevSize: 13, wildcards: true } as const;

const backend: fc.Arbitrary<Backend> = fc.record(
  {
    address: fc.integer({ min: 1, max: 9 }).map((n) => `192.0.2.${n}`),
    port: fc.constant(8080),
    protocol: fc.constant('TCP' as const),
    state: fc.constantFrom('active', 'active', 'active', 'terminating', 'quarantined', 'maintenance'),
    unhealthy: fc.boolean(),
    zone: fc.integer({ min: 0, max: 1 }),
  },
  { requiredKeys: ['address', 'port', 'protocol'] },
);

const place = fc.constantFrom(
  { address: '198.51.100.1', port: 80, type: 'LoadBalancer' },
  { address: '198.51.100.1', port: 80, type: 'LoadBalancer', scope: 'internal' },
  { address: '198.51.100.1', port: 81, type: 'ClusterIP' },
  { address: '198.51.100.2', port: 80, type: 'ExternalIP' },
  { address: '0.0.0.0', port: 30080, type: 'NodePort' },
) as fc.Arbitrary<Pick<Frontend, 'address' | 'port' | 'type' | 'scope'>>;

const frontend: fc.Arbitrary<Frontend> = fc
  .tuple(
    place,
    fc.record(
      {
        backends: fc.array(backend, { maxLength: 7 }),
        affinitySeconds: fc.constantFrom(60, 120),
        algorithm: fc.constantFrom('random', 'maglev'),
        extLocal: fc.boolean(),
        sourceRanges: fc.subarray(['203.0.113.0/25', '203.0.113.128/25', '203.0.113.129/25']),
        sourceRangesPolicy: fc.constantFrom('allow', 'deny'),
      },
      { requiredKeys: ['backends'] },
    ),
  )
  .map(([where, rest]) => ({ service: 's', protocol: 'TCP', ...where, ...rest }) as Frontend);

const state = fc.uniqueArray(frontend, {
  maxLength: 5,
  selector: ({ address, port, scope }) => `${address} ${port} ${scope ?? 'external'}`,
});

/** What a lookup of a frontend may give: names of backends, or `none`. */
function outcomes(projection: Projection, name: string): Set<string> {
  const group = projection.frontends.get(name);
  const count = group === undefined ? 0 : (group.master.value as MasterValue).count;
  if (group === undefined || count === 0) return new Set(['none']);
  return new Set(
    group.slots.slice(0, count).map(({ value }) => idText((value as { backendId: number }).backendId)),
  );
}
const idText = (id: number) => `backend ${id}`;

/** Looks a frontend up in every way that there is; ids that lead nowhere are outcomes of their own. */
function* lookups(
  tables: Tables,
  { master, others }: NonNullable<ReturnType<Projection['frontends']['get']>>,
) {
  const services = tables[master.map as 'lb4_services_v2'];
  const key = master.key as Parameters<typeof services.get>[0];
  const found = services.get(key) as MasterValue | undefined;
  if (found === undefined || found.count === 0) {
    yield 'none';
    return;
  }
  for (let backendSlot = 1; backendSlot <= found.count; backendSlot++) {
    const slot = services.get({ ...key, backendSlot }) as MapValue<'lb4_services_v2'> | undefined;
    if (slot === undefined) yield `slot ${backendSlot} of ${found.count} is missing`;
    else yield existing(tables, (slot as { backendId: number }).backendId);
  }
  const table = tables.lb4_maglev.get({ revNatId: found.revNatIndex });
  if (table !== undefined) for (const id of new Set(table)) yield existing(tables, id);
  else if (others.some(({ map }) => map === 'lb4_maglev')) yield 'no Maglev table';
}

function existing(tables: Tables, id: number): string {
  return tables.lb4_backends_v3.get({ backendId: id }) === undefined ? `missing backend ${id}` : idText(id);
}

function applyOne(tables: Tables, op: Op): void {
  const table = tables[op.map] as AnyTable;
  if (op.op === 'set') table.set(op.key, op.value);
  else table.delete(op.key);
}

describe('plan', () => {
  it('can be stopped after any single write: every lookup gives an old or a new backend', () => {
    let points = 0;
    fc.assert(
      fc.property(fc.array(state, { minLength: 2, maxLength: 4 }), fc.boolean(), (history, fromSnapshot) => {
        const ids = createIds();
        const tables = createMemoryTables();
        let old = project([], options, ids);
        for (const frontends of history) {
          const next = project(frontends, options, ids);
          expect(next.refused).toEqual([]);
          for (const op of plan(fromSnapshot ? readSnapshot(tables) : old, next)) {
            applyOne(tables, op);
            points++;
            const names =
              op.frontend === undefined
                ? new Set([...old.frontends.keys(), ...next.frontends.keys()])
                : [op.frontend];
            for (const name of names) {
              const allowed = new Set([...outcomes(old, name), ...outcomes(next, name)]);
              // A Maglev table is required where it is there before and after.
              const group = (old.frontends.get(name) ?? next.frontends.get(name))!;
              const both =
                old.frontends.has(name) &&
                next.frontends.has(name) &&
                hasTable(old, name) &&
                hasTable(next, name);
              for (const outcome of lookups(tables, { ...group, others: both ? group.others : [] })) {
                if (allowed.has(outcome) || (outcome === 'none' && isClosing(old, next, name))) continue;
                throw new Error(
                  `after ${op.op} ${op.map} ${JSON.stringify(op.key)}: ${name} gives ${outcome}, not ${[...allowed]}`,
                );
              }
            }
          }
          const left = [...readSnapshot(tables).entries].sort();
          expect(left.map(([id]) => id)).toEqual([...next.entries.keys()].sort());
          expect(plan(readSnapshot(tables), next)).toEqual([]);
          old = next;
        }
      }),
      { numRuns: 2000 },
    );
    expect(points).toBeGreaterThan(10_000);
  });
});

function hasTable(projection: Projection, name: string): boolean {
  return projection.frontends.get(name)!.others.some(({ map }) => map === 'lb4_maglev');
}

/** From allowed to denied source ranges (or back) there is no way but over a closed frontend. */
function isClosing(old: Projection, next: Projection, name: string): boolean {
  const policy = (projection: Projection) => {
    const frontend = projection.frontends.get(name)?.frontend;
    return frontend?.sourceRanges?.length ? (frontend.sourceRangesPolicy ?? 'allow') : undefined;
  };
  const [before, after] = [policy(old), policy(next)];
  return before !== undefined && after !== undefined && before !== after;
}
