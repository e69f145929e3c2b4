import fc from 'fast-check';
import { createIds } from '../src/ids/ids.ts';
import type { Backend } from '../src/model/backend.ts';
import { backendStates } from '../src/model/backend.ts';
import type { Frontend } from '../src/model/frontend.ts';
import type { Snapshot } from '../src/plan/snapshot.ts';
import { type Entry, entryId } from '../src/project/entry.ts';
import { project } from '../src/project/project.ts';
import type { Projection } from '../src/project/projection.ts';

/** Options of tests that compare states: NodePorts on one address, short Maglev tables. */
export const caseOptions = { nodeAddresses: ['203.0.113.1'], maglevSize: 13 } as const;

export const backend = (n: number, more: Partial<Backend> = {}): Backend => ({
  address: `192.0.2.${n}`,
  port: 8080,
  protocol: 'TCP',
  ...more,
});

export const frontend = (
  port: number,
  backends: readonly Backend[],
  more: Partial<Frontend> = {},
): Frontend => ({
  service: `s${port}`,
  address: '198.51.100.1',
  port,
  protocol: 'TCP',
  type: 'LoadBalancer',
  backends,
  ...more,
});

export const projectionOf = (...frontends: readonly Frontend[]): Projection =>
  project(frontends, caseOptions, createIds());

/** Any few frontends; the state of a backend is the same wherever it occurs. */
export const anyFrontends: fc.Arbitrary<Frontend[]> = fc
  .array(
    fc.record({
      numbers: fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { maxLength: 5 }),
      type: fc.constantFrom('ClusterIP' as const, 'LoadBalancer' as const, 'ExternalIP' as const),
      algorithm: fc.constantFrom('random' as const, 'maglev' as const),
      affinity: fc.boolean(),
      ranges: fc.subarray(['203.0.113.0/24', '203.0.113.128/25']),
      extLocal: fc.boolean(),
      weight: fc.constantFrom(100, 300),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .chain((all) =>
    fc.array(fc.constantFrom(...backendStates), { minLength: 9, maxLength: 9 }).map((states) =>
      all.map(({ numbers, type, algorithm, affinity, ranges, extLocal, weight }, i) =>
        frontend(
          80 + i,
          numbers.map((n, at) => backend(n, { state: states[n]!, weight: at === 0 ? weight : 100 })),
          {
            type,
            algorithm,
            extLocal,
            ...(affinity ? { affinitySeconds: 60 } : {}),
            ...(ranges.length > 0 ? { sourceRanges: ranges } : {}),
          },
        ),
      ),
    ),
  );

/** The same state with other ids. */
export function renamed(
  { entries }: Snapshot,
  frontends: (id: number) => number,
  backends: (id: number) => number,
): Snapshot {
  const result = new Map<string, Entry>();
  for (const { map, key, value } of entries.values()) {
    const change = (object: object) =>
      Object.fromEntries(
        Object.entries(object).map(([field, one]) => {
          if (field === 'revNatId' || field === 'revNatIndex') return [field, one === 0 ? 0 : frontends(one)];
          return [field, field === 'backendId' ? backends(one) : one];
        }),
      );
    const next = value instanceof Uint32Array ? value.map(backends) : change(value);
    const entry = { map, key: change(key), value: next } as Entry;
    result.set(entryId(map, entry.key), entry);
  }
  return { entries: result };
}
