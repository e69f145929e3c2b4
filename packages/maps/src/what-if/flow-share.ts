import { sharesOf } from '../diff/diff-states.ts';
import { positionsMoved } from '../diff/entry-diff.ts';
import type { FrontendState } from '../diff/frontend-state.ts';

/** Share of new flows by backend, 0 to 1; empty where there is none to give them to. */
export type Shares = ReadonlyMap<string, number>;

/** What part of new flows each backend of a frontend gets. */
export function newFlowShares(state: FrontendState | undefined): Shares {
  if (state?.maglev !== undefined) {
    const { size, positions } = sharesOf(state.maglev);
    return new Map(Object.entries(positions).map(([name, count]) => [name, count / size]));
  }
  const names = servingOf(state);
  return new Map(names.map((name) => [name, 1 / names.length]));
}

/**
 * The share of flows that get another backend than before when nobody remembers them. Exact where tables of one size are
 * compared, and where slots are: a flow's slot is its hash scaled to their number. Else the two choices have nothing to do
 * with each other, and it is the chance that they differ.
 */
export function movedShare(before: FrontendState | undefined, after: FrontendState | undefined): number {
  if (before?.maglev !== undefined && after?.maglev !== undefined) {
    const moved = positionsMoved(before.maglev, after.maglev);
    if (moved !== undefined) return moved / after.maglev.table.length;
  } else if (before?.maglev === undefined && after?.maglev === undefined) {
    return movedSlots(servingOf(before), servingOf(after));
  }
  const [had, has] = [newFlowShares(before), newFlowShares(after)];
  if (had.size === 0 && has.size === 0) return 0;
  let same = 0;
  for (const [name, share] of had) same += share * (has.get(name) ?? 0);
  return 1 - same;
}

/** The least that any choice could move: what some backends get more, others must give. */
export function leastMoved(before: Shares, after: Shares): number {
  if (before.size === 0 && after.size === 0) return 0;
  let kept = 0;
  for (const [name, share] of before) kept += Math.min(share, after.get(name) ?? 0);
  return Math.max(0, 1 - kept);
}

function servingOf(state: FrontendState | undefined): string[] {
  return [...(state?.backends ?? [])].flatMap(([name, { newFlows }]) => (newFlows === true ? [name] : []));
}

function movedSlots(before: readonly string[], after: readonly string[]): number {
  if (before.length === 0 || after.length === 0) return before.length === after.length ? 0 : 1;
  const [n, m] = [before.length, after.length];
  let same = 0;
  // In steps of 1 / (n * m): no rounding.
  for (let at = 0; at < n * m; ) {
    const [i, j] = [Math.floor(at / m), Math.floor(at / n)];
    const end = Math.min((i + 1) * m, (j + 1) * n);
    if (before[i] === after[j]) same += end - at;
    at = end;
  }
  return 1 - same / (n * m);
}
