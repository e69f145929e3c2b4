import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MapKey, MapValue } from '../catalog.ts';
import { createIds } from '../ids/ids.ts';
import { Algorithm, ServiceFlag, ServiceFlag2 } from '../layouts/names.ts';
import type { Backend } from '../model/backend.ts';
import type { Frontend } from '../model/frontend.ts';
import type { Entry } from '../project/entry.ts';
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

const clients = ['203.0.113.1', '203.0.113.130', '198.51.100.200'];

/** What lookups of a frontend may give: names of backends, or `none`; and of clients, whether they are let in. */
function outcomes(projection: Projection, name: string): string[] {
  const group = projection.frontends.get(name);
  if (group === undefined) return ['none'];
  const { count } = group.master.value as MasterValue;
  const active = group.slots
    .slice(0, count)
    .map(({ value }) => `backend ${(value as { backendId: number }).backendId}`);
  const { sourceRanges = [], sourceRangesPolicy, type } = group.frontend;
  const checks = sourceRanges.length > 0 && (type === 'LoadBalancer' || type === 'ExternalIP');
  const inside = (client: string) => sourceRanges.some((range) => isInside(client, range));
  const open = (client: string) => !checks || inside(client) === (sourceRangesPolicy !== 'deny');
  return [...(count === 0 ? ['none'] : active), ...clients.map((client) => `${client} ${open(client)}`)];
}

/** Is it in one of the /25s that the histories use? */
function isInside(client: string, range: string): boolean {
  const half = (address: string) => Number(address.split('.')[3]) >> 7;
  return client.startsWith('203.0.113.') && half(client) === half(range.split('/')[0]!);
}

/** Looks a frontend up in every way that there is; what leads nowhere is an outcome of its own. */
function* lookups(tables: Tables, master: Entry) {
  const services = tables[master.map as 'lb4_services_v2'];
  const key = master.key as MapKey<'lb4_services_v2'>;
  const found = services.get(key) as MapValue<'lb4_services_v2'> | undefined;
  if (found === undefined || found.count === 0) {
    yield 'none';
    return;
  }
  for (let backendSlot = 1; backendSlot <= found.count; backendSlot++) {
    const slot = services.get({ ...key, backendSlot }) as { backendId: number } | undefined;
    if (slot === undefined) yield `slot ${backendSlot} of ${found.count} is missing`;
    else yield existing(tables, slot.backendId);
  }
  const { revNatIndex: revNatId, flags, flags2 } = found;
  const table = tables.lb4_maglev.get({ revNatId });
  if (table !== undefined) for (const id of new Set(table)) yield existing(tables, id);
  const wantsTable = 'affinityTimeout' in found && found.affinityTimeout.algorithm === Algorithm.maglev;
  if (table === undefined && wantsTable && key.address !== '0.0.0.0') yield 'the Maglev table is missing';
  for (const addr of clients) {
    const isInside = () => tables.lb4_source_range.get({ prefixlen: 64, revNatId, addr }) !== undefined;
    const open = !(flags & ServiceFlag.sourceRange) || isInside() === !(flags2 & ServiceFlag2.deny);
    yield `${addr} ${open}`;
  }
}

function existing(tables: Tables, id: number): string {
  return tables.lb4_backends_v3.get({ backendId: id }) === undefined
    ? `missing backend ${id}`
    : `backend ${id}`;
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
              const { master } = (old.frontends.get(name) ?? next.frontends.get(name))!;
              for (const outcome of lookups(tables, master)) {
                if (allowed.has(outcome) || (outcome === 'none' && isClosing(old, next, name))) continue;
                const where = `after ${op.op} ${op.map} ${JSON.stringify(op.key)}`;
                throw new Error(`${where}: ${name} gives ${outcome}, not ${[...allowed].join(' or ')}`);
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

/** From allowed to denied source ranges (or back) there is no way but over a closed frontend. */
function isClosing(old: Projection, next: Projection, name: string): boolean {
  const policy = (projection: Projection) => {
    const frontend = projection.frontends.get(name)?.frontend;
    return frontend?.sourceRanges?.length ? (frontend.sourceRangesPolicy ?? 'allow') : undefined;
  };
  const [before, after] = [policy(old), policy(next)];
  return before !== undefined && after !== undefined && before !== after;
}
