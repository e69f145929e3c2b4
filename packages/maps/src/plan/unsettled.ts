import { type Entry, sameEntry } from '../project/entry.ts';
import type { Projection } from '../project/projection.ts';
import type { ProjectionChanges } from '../project/projection-changes.ts';
import type { ApplyResult } from './apply-ops.ts';
import { keptAddresses, type PlanOptions } from './change.ts';
import type { Written } from './written.ts';

/**
 * What is left of changes after they were planned and carried out: frontends that failed, were left out or must not be
 * pruned yet, and shared entries that differ from what is wanted (also because a refused frontend still needs them).
 */
export function unsettled(
  written: Written,
  desired: Projection,
  changes: ProjectionChanges,
  { pending }: Pick<ApplyResult, 'pending'>,
  { prune = true, skip }: PlanOptions = {},
): ProjectionChanges {
  const isLeft = (name: string) =>
    pending.has(name) ||
    skip?.has(name) === true ||
    (!prune && written.frontends.has(name) && !desired.frontends.has(name));
  return {
    frontends: new Set([...changes.frontends].filter(isLeft)),
    backends: new Set([
      ...differing(changes.backends, written.backends, desired.backends),
      ...[...changes.backends].filter((id) => written.twinOf(id) !== undefined),
    ]),
    wildcards: differing(changes.wildcards, written.wildcards, desired.wildcards),
  };
}

/**
 * Is there work left on shared entries? What differs only because a frontend that is left alone needs it is none: it is
 * done together with that frontend.
 */
export function isSharedWorkLeft(
  written: Written,
  desired: Projection,
  { backends, wildcards }: ProjectionChanges,
): boolean {
  for (const id of backends) if (desired.backends.has(id) || written.usesOf(id) === 0) return true;
  const kept = keptAddresses(written, desired, wildcards);
  for (const address of wildcards) if (desired.wildcards.has(address) || !kept.has(address)) return true;
  return false;
}

type Entries<K> = ReadonlyMap<K, Entry>;

function differing<K>(keys: Iterable<K>, written: Entries<K>, desired: Entries<K>): Set<K> {
  const left = new Set<K>();
  for (const key of keys) {
    const [have, want] = [written.get(key), desired.get(key)];
    const settled = have === undefined || want === undefined ? have === want : sameEntry(have, want);
    if (!settled) left.add(key);
  }
  return left;
}
