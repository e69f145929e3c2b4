import { existsSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { catalog } from '@lbx/maps';
import { BpfMap } from 'libbpf-ts';
import { linkFolder } from './attach/link-folder.ts';
import { dropPrograms, programFolder } from './attach/program-pins.ts';
import { removeFilters } from './attach/remove-filters.ts';
import { removeLinks } from './attach/remove-links.ts';
import { assertBpffs } from './bpffs.ts';
import { lockPins } from './pin-lock.ts';

/** What was removed. */
export interface Removed {
  readonly links: readonly string[];
  readonly maps: readonly string[];
}

/** Names that maps of lbx are pinned under; whatever else lies in the folder is not ours and stays. */
const isOurs = (name: string) => name.startsWith('lbx_') || Object.hasOwn(catalog, baseName(name));
/** Of what waits to take a pin's place under a name of its own (`lb4_services_v2:123`). */
const baseName = (name: string) => name.split(':')[0] ?? name;

export interface RemoveOptions {
  /** Also when a load balancer runs on these pins; it will then work on nothing. */
  readonly force?: boolean;
}

/**
 * Detaches the programs and removes the pins of a folder: links and filters first, so that no program runs on maps that
 * are going away. Only what lbx made is touched; folders go when they are empty. Nothing there is no error, so that it can
 * be done again.
 * @throws CoreError `LBX_NO_BPFFS` for a folder with other files, `LBX_PINS_IN_USE` while a load balancer runs on it.
 */
export function removePinned(pins: string, { force = false }: RemoveOptions = {}): Removed {
  if (!existsSync(pins)) return { links: [], maps: [] };
  assertBpffs(pins);
  const lock = force ? undefined : lockPins(pins);
  try {
    return removeState(pins);
  } finally {
    lock?.close();
  }
}

/** `removePinned` for who has the lock of the pins. */
export function removeState(pins: string): Removed {
  const folder = linkFolder(pins);
  const maps = readdirSync(pins).filter(isOurs).sort();
  const ids = new Set(maps.flatMap((name) => mapId(join(pins, name)) ?? []));
  const links = [...removeLinks(folder), ...removeFilters((id) => ids.has(id), pins)];
  for (const name of maps) unlinkSync(join(pins, name));
  dropPrograms(pins);
  for (const path of [folder, programFolder(pins), pins])
    if (existsSync(path) && readdirSync(path).length === 0) rmdirSync(path);
  return { links, maps };
}

/** undefined for a pin of something else. */
function mapId(path: string): number | undefined {
  try {
    using map = BpfMap.openPinned(path);
    return map.id;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'LBX_WRONG_KIND') return undefined;
    throw error;
  }
}
