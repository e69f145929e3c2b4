import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { linkFolder } from '../attach/link-folder.ts';
import { programFolder } from '../attach/program-pins.ts';
import { removeFilter } from '../attach/remove-filters.ts';
import { removeLink, unlinkIfThere } from '../attach/remove-links.ts';
import { assertBpffs } from '../bpffs.ts';
import { defaultPins } from '../options/options.ts';
import { lockPins } from '../pin-lock.ts';
import { assertFolder } from '../pinned/pin-place.ts';
import { filterItem, findRemovable, linkItem, mapItem, programItem } from './plan-removal.ts';
import type { RemovalItem, Removed } from './removal.ts';

export interface RemoveOptions {
  /** Also when a load balancer runs on these pins; it will then work on nothing. */
  readonly force?: boolean;
}

/**
 * Detaches the programs and removes the pins of a folder: links and filters first, so that no program runs on maps that
 * are going away. Only what lbx made is touched; folders go when they are empty. Nothing there is no error, so that it can
 * be done again; what cannot be removed does not keep the rest from being removed.
 * @throws CoreError `LBX_NO_BPFFS` for a folder with other files, `LBX_PINS_IN_USE` while a load balancer runs on it.
 */
export function removePinned(pins: string = defaultPins, { force = false }: RemoveOptions = {}): Removed {
  assertFolder(pins);
  if (!existsSync(pins)) return { removed: [], failed: [], foreign: [] };
  assertBpffs(pins);
  const lock = force ? undefined : lockPins(pins);
  try {
    return remove(pins);
  } finally {
    lock?.close();
  }
}

/** `removePinned` for who has the lock of the pins. Throws the first error that there was, when all else is done. */
export function removeState(pins: string): void {
  const [first] = remove(pins).failed;
  if (first !== undefined) throw first.error;
}

function remove(pins: string): Removed {
  const { links, filters, maps, programs, foreign } = findRemovable(pins);
  const ids = new Set(maps.map(({ id }) => id));
  const removed: RemovalItem[] = [];
  const failed: { item: RemovalItem; error: Error }[] = [];
  const attempt = (item: RemovalItem, act: () => void) => {
    try {
      act();
      removed.push(item);
    } catch (error) {
      failed.push({ item, error: error as Error });
    }
  };
  for (const link of links) attempt(linkItem(link), () => removeLink(link));
  for (const filter of filters)
    attempt(filterItem(filter), () => removeFilter(filter, (id) => ids.has(id), pins));
  // Filters are found again by their maps, and a program that could not be taken off still runs on them.
  if (failed.length === 0) {
    for (const map of maps) attempt(mapItem(map), () => unlinkIfThere(map.path));
    for (const program of programs) attempt(programItem(program), () => unlinkIfThere(program.path));
  }
  for (const path of [linkFolder(pins), programFolder(pins), pins]) removeIfEmpty(path);
  return { removed, failed, foreign };
}

function removeIfEmpty(path: string): void {
  if (!existsSync(path) || readdirSync(path).length > 0) return;
  try {
    rmdirSync(path);
  } catch {
    // A mount point, or somebody has just put something in: it is only a folder.
  }
}
