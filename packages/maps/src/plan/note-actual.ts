import type { MapKey, ServiceMapName } from '../catalog.ts';
import { type Entry, sameEntry } from '../project/entry.ts';
import type { Projection } from '../project/projection.ts';
import type { ProjectionChanges } from '../project/projection-changes.ts';
import { isService, isWildcard, serviceName } from '../project/service-entry.ts';
import type { Op } from './op.ts';
import type { Written } from './written.ts';

/** How maps can differ from what was written to them: an entry is gone, has another value, or was never written. */
export type Difference = 'missing' | 'changed' | 'foreign';

/** What was found under a key of a map; no value: nothing. */
export interface Found {
  readonly map: ServiceMapName;
  readonly key: Entry['key'];
  readonly value?: Entry['value'];
}

/**
 * Compares what was found in a map with what was written there. Where they differ, `written` learns what is really there,
 * and `changes` get what has to be planned anew because of it. Gives how they differ; undefined when they do not.
 */
export function noteActual(
  written: Written,
  desired: Pick<Projection, 'ids'>,
  changes: ProjectionChanges,
  found: Found,
): Difference | undefined {
  const { map, key, value } = found;
  const known = written.get(map, key);
  const difference = differenceOf(known, found);
  if (difference === undefined) return undefined;
  touch(written, desired, changes, found);
  const frontend = known?.frontend;
  const op = value === undefined ? { op: 'delete', map, key } : { op: 'set', map, key, value };
  written.learn((frontend === undefined ? op : { ...op, frontend }) as Op);
  touch(written, desired, changes, found);
  return difference;
}

function differenceOf(known: Entry | undefined, found: Found): Difference | undefined {
  if (found.value === undefined) return known === undefined ? undefined : 'missing';
  if (known === undefined) return 'foreign';
  return sameEntry(known, found as Entry) ? undefined : 'changed';
}

/** Notes whose the entry is, before and after it is learnt. */
function touch(
  written: Written,
  { ids }: Pick<Projection, 'ids'>,
  changes: ProjectionChanges,
  { map, key }: Found,
): void {
  if ('revNatId' in key) {
    const { revNatId } = key;
    for (const name of [written.ownerOf(revNatId), ids.get(revNatId)])
      if (name !== undefined) changes.frontends.add(name);
  } else if ('backendId' in key) {
    changes.backends.add(key.backendId);
  } else if (isWildcard({ map, key })) {
    changes.wildcards.add((key as MapKey<'lb4_services_v2'>).address);
  } else if (isService({ map })) {
    const slot = written.get(map, key);
    changes.frontends.add(serviceName({ key }));
    // A slot that named another backend, or names one now, decides whether that one may go.
    const value = slot?.value;
    if (value !== undefined && 'backendId' in value) changes.backends.add(value.backendId);
  }
}
