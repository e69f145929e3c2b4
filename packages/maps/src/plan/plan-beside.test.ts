import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyFrontends, backend, caseOptions, frontend } from '../../test/diff-case.ts';
import { diffStates } from '../diff/diff-states.ts';
import { createIds } from '../ids/ids.ts';
import { restoreIds } from '../ids/restore-ids.ts';
import type { Frontend } from '../model/frontend.ts';
import { project } from '../project/project.ts';
import { createMemoryTables } from '../tables/memory-tables.ts';
import { applyOps } from './apply-ops.ts';
import { plan } from './plan.ts';
import { planBeside } from './plan-beside.ts';
import { readSnapshot } from './snapshot.ts';

const filled = (frontends: readonly Frontend[]) => {
  const tables = createMemoryTables();
  applyOps(tables, plan(readSnapshot(tables), project(frontends, caseOptions, createIds())));
  return tables;
};
/** Applies frontends beside what is there. */
const beside = (tables: ReturnType<typeof filled>, frontends: readonly Frontend[]) => {
  const actual = readSnapshot(tables);
  return applyOps(tables, planBeside(actual, project(frontends, caseOptions, restoreIds(actual))));
};

describe('planBeside', () => {
  it('leaves other frontends as they are, and ends with both', () => {
    fc.assert(
      fc.property(anyFrontends, anyFrontends, (theirs, ours) => {
        // Backends of their own, as the states of those that both have are a matter of who wrote last.
        const others = theirs.map((one, i) => ({
          ...one,
          port: 180 + i,
          service: `theirs${i}`,
          backends: one.backends.map((each) => ({ ...each, port: 9090 })),
        }));
        const tables = filled([...others, frontend(80, [backend(7), backend(8)])]);
        expect(beside(tables, ours).failures).toEqual([]);
        const wanted = project([...ours, ...others], caseOptions, createIds());
        expect(diffStates(readSnapshot(tables), wanted).frontends).toEqual([]);
        expect(
          planBeside(readSnapshot(tables), project(ours, caseOptions, restoreIds(readSnapshot(tables)))),
        ).toEqual([]);
      }),
    );
  });

  it('deletes backends that only they used, and none that others do', () => {
    const tables = filled([frontend(80, [backend(1), backend(2)]), frontend(81, [backend(2)])]);
    beside(tables, [frontend(80, [backend(3)])]);
    const addresses = [...tables.lb4_backends_v3.entries()].map(([, { address }]) => address);
    expect(addresses.sort()).toEqual(['192.0.2.2', '192.0.2.3']);
    expect(
      tables.lb4_services_v2.get({ address: '198.51.100.1', dport: 81, backendSlot: 1, proto: 6, scope: 0 }),
    ).toBeDefined();
  });
});
