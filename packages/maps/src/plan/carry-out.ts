import { MapFullError, type SizeKnobs } from '../project/map-full-error.ts';
import type { Projection } from '../project/projection.ts';
import type { ProjectionChanges } from '../project/projection-changes.ts';
import type { Tables } from '../tables/memory-tables.ts';
import { type ApplyResult, applyOps } from './apply-ops.ts';
import type { PlanOptions } from './change.ts';
import { stopover } from './make-room.ts';
import type { Op } from './op.ts';
import { planChanges } from './plan.ts';
import type { Written } from './written.ts';

export interface CarryOutOptions extends PlanOptions {
  /** Names of the options of the sizes of maps, for errors. */
  readonly knobs?: SizeKnobs;
  /** Told of what is about to be written; more than once when room has to be made. */
  readonly onOps?: (ops: readonly Op[]) => void;
}

/**
 * Plans what `changes` name and writes it. What goes, goes last: when a map turns out to be full, room is made first by
 * taking away what is wanted no more (see `stopover`), and what failed is tried again. The result is that of the last try,
 * with the writes of all.
 */
export function carryOut(
  tables: Tables,
  written: Written,
  desired: Projection,
  changes: ProjectionChanges,
  { knobs = {}, onOps = () => {}, ...options }: CarryOutOptions = {},
): ApplyResult {
  let done = 0;
  const write = (projection: Projection, what: ProjectionChanges, how: PlanOptions): ApplyResult => {
    const ops = planChanges(written, projection, what, how);
    onOps(ops);
    const result = applyOps(tables, ops, written, knobs);
    done += result.done;
    return result;
  };
  let result = write(desired, changes, options);
  for (let waiting = Number.POSITIVE_INFINITY; isShortOfRoom(result) && result.pending.size < waiting; ) {
    waiting = result.pending.size;
    // With one free entry it is one frontend after the other.
    for (let left = changes.frontends.size; left >= 0; left--) {
      const before = done;
      for (const exchange of [false, true]) {
        const way = stopover(written, desired, changes, { ...options, exchange });
        write(way.projection, way.changes, { ...options, skip: way.skip });
      }
      if (done === before) break;
    }
    result = write(desired, changes, options);
  }
  return { ...result, done };
}

const isShortOfRoom = ({ failures }: ApplyResult) =>
  failures.some(({ error }) => error instanceof MapFullError);
