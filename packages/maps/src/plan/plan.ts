import type { Projection } from '../project/projection.ts';
import type { ProjectionChanges } from '../project/projection-changes.ts';
import { allChanges, compare, type PlanOptions } from './change.ts';
import { assertSameIds } from './id-conflict.ts';
import type { Op } from './op.ts';
import { ordered } from './order.ts';
import type { Snapshot } from './snapshot.ts';
import { createWritten, type Written } from './written.ts';

/**
 * The writes that turn `actual` into `desired`, in an order that is safe to stop at: after each single one every lookup
 * gives a backend that was valid before or is valid afterwards (or none where there was none, or will be none), and no
 * slot within a count and no Maglev table names a missing backend.
 *
 * The order: backends; reverse NAT, affinity matches, source ranges, Maglev tables; the slots that will be active;
 * masters (slot 0), internal scope first; the other slots; wildcards. Then deletes: wildcards, masters, slots, Maglev
 * tables, source ranges, affinity matches, reverse NAT, backends. A count shrinks before the slots beyond it change.
 *
 * Only what differs is written. A changed endpoint costs its backend, its slot, and its affinity matches and Maglev
 * tables; but as slots are sorted by address, all slots between the places of a removed and an added endpoint shift by
 * one and are written too, and a change of flags rewrites all slots of the frontend.
 *
 * Pure. What the maps hold of a frontend that `desired` refuses is left as it is. `actual` is a snapshot of the maps, or
 * the projection that they are known to equal. Throws IdConflictError when ids of the maps mean something else.
 */
export function plan(actual: Snapshot, desired: Projection, options: PlanOptions = {}): Op[] {
  const written = createWritten(actual);
  const change = compare(written, desired, allChanges(written, desired), options);
  assertSameIds(written, desired, change);
  return ordered(change, written, desired);
}

/**
 * The same for what `changes` name only: costs what they hold, whatever else the maps have. The ids of `desired` must be
 * those of the maps (see restoreIds): entries that mean something else are overwritten.
 */
export function planChanges(
  written: Written,
  desired: Projection,
  changes: ProjectionChanges,
  options: PlanOptions = {},
): Op[] {
  return ordered(compare(written, desired, changes, options), written, desired);
}
