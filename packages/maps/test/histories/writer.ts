import type { Ids, IdsOptions } from '../../src/ids/ids.ts';
import { restoreIds } from '../../src/ids/restore-ids.ts';
import { type ApplyResult, applyOps } from '../../src/plan/apply-ops.ts';
import { plan } from '../../src/plan/plan.ts';
import { readSnapshot } from '../../src/plan/snapshot.ts';
import { project } from '../../src/project/project.ts';
import type { Projection } from '../../src/project/projection.ts';
import type { Tables } from '../../src/tables/memory-tables.ts';
import type { Desired } from './world.ts';

/** Whoever turns what is wanted into writes: the one seam between the histories and the code under test. */
export interface Writer {
  readonly ids: Ids;
  /** Works out what is wanted; writes nothing. */
  want(desired: Desired): Projection;
  /** Writes what is left to be written, but for some frontends (those that failed just now). */
  write(skip?: ReadonlySet<string>): ApplyResult;
}

/** Everything anew each time: the whole projection, a snapshot of the maps, the difference. Ids are those of the maps. */
export function createSnapshotWriter(tables: Tables, options: IdsOptions = {}): Writer {
  const ids = restoreIds(readSnapshot(tables), options);
  let projection: Projection | undefined;
  return {
    ids,
    want(desired) {
      projection = project([...desired.services.values()].flat(), desired.options, ids);
      return projection;
    },
    write: (skip = new Set()) => applyOps(tables, plan(readSnapshot(tables), projection!, { skip })),
  };
}
