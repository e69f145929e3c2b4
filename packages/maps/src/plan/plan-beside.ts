import { isBackend } from '../diff/entry-names.ts';
import type { Projection } from '../project/projection.ts';
import { isWildcard } from '../project/service-entry.ts';
import { leaveAlone } from './leave-alone.ts';
import type { Op } from './op.ts';
import { plan } from './plan.ts';
import type { Snapshot } from './snapshot.ts';
import { createWritten } from './written.ts';

/**
 * The writes that make the frontends of `desired` as they should be and leave all others in the maps alone: `plan`
 * without what belongs to nobody in `desired`. Deleted are only what those frontends have too much, and backends that
 * only they used. In the same safe order. Pure.
 *
 * @throws IdConflictError when ids of the maps mean something else: take them with `restoreIds`.
 */
export function planBeside(actual: Snapshot, desired: Projection): Op[] {
  const written = createWritten(actual);
  const others = [...written.frontends.keys()].filter((name) => !desired.frontends.has(name));
  const ops = plan(actual, leaveAlone(desired, new Set(others)));
  return ops.filter((op) => {
    if (op.op === 'set' || op.frontend !== undefined) return true;
    // Of a frontend that was only begun, or of nobody: whoever wrote it may still want it.
    if (isWildcard(op)) return false;
    return isBackend(op as never) && written.usesOf((op.key as { backendId: number }).backendId) > 0;
  });
}
