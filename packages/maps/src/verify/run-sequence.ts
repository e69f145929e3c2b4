import { createIds } from '../ids/ids.ts';
import { restoreIds } from '../ids/restore-ids.ts';
import type { Frontend } from '../model/frontend.ts';
import { applyOps } from '../plan/apply-ops.ts';
import { plan } from '../plan/plan.ts';
import { readSnapshot, type Snapshot } from '../plan/snapshot.ts';
import { project } from '../project/project.ts';
import { type CaseConfig, caseFrontends, caseOptions } from '../project/project-case.ts';
import type { Projection } from '../project/projection.ts';
import { createMemoryTables } from '../tables/memory-tables.ts';
import type { SequenceAction } from './sequence.ts';
import { createSlotWatch } from './slot-watch.ts';
import { watchTables } from './watch-tables.ts';

/** What a step left behind. */
export interface StepOutcome {
  /** What the tables hold afterwards. */
  readonly snapshot: Snapshot;
  readonly projection: Projection;
  readonly frontends: readonly Frontend[];
  readonly writes: number;
  /** Lookups that would have led nowhere between two writes, and whatever else must not be. */
  readonly problems: readonly string[];
}

/** Our side of a sequence: one set of memory tables that is written step by step, ids kept. */
export interface SequenceRun {
  step(actions: readonly SequenceAction[]): StepOutcome;
}

/**
 * Runs the steps of a sequence as an agent would: all changes of a step, then one projection, one plan and its writes.
 * Every state between two writes is looked at. A restart takes the ids from the tables.
 */
export function runSequence(config: CaseConfig = {}): SequenceRun {
  const watch = createSlotWatch({ every: true });
  const found: string[] = [];
  let writes = 0;
  const look = (what: string) => {
    writes++;
    for (const problem of watch.problems()) found.push(`${problem}, after write ${writes}, ${what}`);
  };
  const tables = watchTables(createMemoryTables(), {
    set(map, key, value) {
      watch.set(map, key, value);
      look(`set ${map} ${JSON.stringify(key)}`);
    },
    delete(map, key) {
      watch.delete(map, key);
      look(`delete ${map} ${JSON.stringify(key)}`);
    },
  });
  const services = new Map<string, unknown>();
  let ids = createIds();
  let current = config;

  return {
    step(actions) {
      for (const action of actions) {
        if ('set' in action) services.set((action.set as { name: string }).name, action.set);
        else if ('remove' in action) services.delete(action.remove);
        else if ('nodeAddrs' in action) current = { ...current, nodeAddrs: action.nodeAddrs };
        else if ('restart' in action) ids = restoreIds(readSnapshot(tables));
      }
      found.length = 0;
      writes = 0;
      const frontends = caseFrontends({ services: [...services.values()], config: current });
      const projection = project(frontends, caseOptions(current), ids);
      const { failures } = applyOps(tables, plan(readSnapshot(tables), projection));
      for (const { error } of failures) found.push(error.message);
      const snapshot = readSnapshot(tables);
      const left = plan(snapshot, projection);
      if (left.length > 0) found.push(`${left.length} writes are left over, the first in ${left[0]!.map}`);
      return { snapshot, projection, frontends, writes, problems: [...found] };
    },
  };
}
