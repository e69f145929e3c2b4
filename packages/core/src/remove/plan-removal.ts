import { existsSync } from 'node:fs';
import { FileLock } from 'libbpf-ts';
import { type FoundLink, findLinks } from '../attach/find-links.ts';
import { type FoundFilter, findFilters } from '../attach/remove-filters.ts';
import { assertBpffs } from '../bpffs.ts';
import { assertFolder } from '../pinned/pin-place.ts';
import { type FoundMap, findMaps } from './find-maps.ts';
import { type FoundProgram, findPrograms } from './find-programs.ts';
import type { ForeignPin, RemovalItem, RemovalPlan } from './removal.ts';

/** What lbx made with a folder of pins, by what has to be done to each. */
export interface Removable {
  readonly links: readonly FoundLink[];
  readonly filters: readonly FoundFilter[];
  readonly maps: readonly FoundMap[];
  readonly programs: readonly FoundProgram[];
  readonly foreign: readonly ForeignPin[];
}

/** Looks at a folder that is there. Filters are those of this network namespace. */
export function findRemovable(pins: string): Removable {
  const links = findLinks(pins);
  const maps = findMaps(pins);
  const programs = findPrograms(pins);
  const ids = new Set(maps.ours.map(({ id }) => id));
  return {
    links: links.ours,
    filters: findFilters((id) => ids.has(id), pins),
    maps: maps.ours,
    programs: programs.ours,
    foreign: [...links.foreign, ...programs.foreign, ...maps.foreign],
  };
}

export const linkItem = ({ name, info, program }: FoundLink): RemovalItem => ({
  kind: 'link',
  name,
  id: info.id,
  program: { id: info.programId, name: program },
  attached: info.attached,
});
export const filterItem = ({ name, program }: FoundFilter): RemovalItem => ({
  kind: 'filter',
  name,
  id: 0,
  program,
});
export const programItem = ({ id, name }: FoundProgram): RemovalItem => ({
  kind: 'program',
  name: String(id),
  id,
  program: { id, name },
});
export const mapItem = ({ name, id }: FoundMap): RemovalItem => ({ kind: 'map', name, id });

/**
 * What `removePinned` would remove, and what it would leave. Changes nothing: the lock of the folder is tried, and given
 * back at once when it is free.
 * @throws CoreError `LBX_NO_BPFFS` for a folder with other files.
 */
export function planRemoval(pins: string): RemovalPlan {
  assertFolder(pins);
  if (!existsSync(pins)) return { pins, items: [], foreign: [], locked: false };
  assertBpffs(pins);
  const { links, filters, maps, programs, foreign } = findRemovable(pins);
  const lock = FileLock.tryTake(pins);
  lock?.close();
  const holder = lock === undefined ? FileLock.holder(pins) : undefined;
  return {
    pins,
    items: [
      ...links.map(linkItem),
      ...filters.map(filterItem),
      ...maps.map(mapItem),
      ...programs.map(programItem),
    ],
    foreign,
    locked: lock === undefined,
    ...(holder === undefined ? {} : { holder }),
  };
}
