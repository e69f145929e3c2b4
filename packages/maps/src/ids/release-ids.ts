import type { Written } from '../plan/written.ts';
import type { Projection } from '../project/projection.ts';
import type { ProjectionChanges } from '../project/projection-changes.ts';
import type { Ids } from './ids.ts';

/**
 * Frees the ids of what is neither wanted any more nor in the maps: to be called after a plan was carried out, with the
 * changes that it was made for. An id that the maps still hold stays with its name however long its entry fails to go.
 *
 * @returns names of frontends that are not wanted any more and whose entries are not all gone.
 */
export function releaseIds(
  ids: Ids,
  written: Pick<Written, 'frontends' | 'backends' | 'othersOf'>,
  desired: Projection,
  changes: ProjectionChanges,
): string[] {
  const held: string[] = [];
  for (const name of changes.frontends) {
    if (desired.frontends.has(name)) continue;
    const id = ids.frontends.find(name);
    if (id === undefined) continue;
    if (written.frontends.has(name) || written.othersOf(id).size > 0) held.push(name);
    else ids.frontends.release(name);
  }
  for (const id of changes.backends) {
    if (desired.backends.has(id) || written.backends.has(id)) continue;
    const name = ids.backends.nameOf(id);
    if (name !== undefined) ids.backends.release(name);
  }
  return held;
}
