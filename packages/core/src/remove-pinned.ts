import { existsSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { catalog } from '@lbx/maps';
import { linkFolder } from './attach/link-folder.ts';
import { removeLinks } from './attach/remove-links.ts';
import { assertBpffs } from './bpffs.ts';

/** What was removed. */
export interface Removed {
  readonly links: readonly string[];
  readonly maps: readonly string[];
}

/** Names that maps of lbx are pinned under; whatever else lies in the folder is not ours and stays. */
const isOurs = (name: string) => name.startsWith('lbx_') || Object.hasOwn(catalog, name);

/**
 * Detaches the programs and removes the pins of a folder: links first, so that no program runs on maps that are going
 * away. Only what lbx made is touched; folders go when they are empty. Nothing there is no error, so that it can be done
 * again.
 * @throws CoreError `LBX_NO_BPFFS` for a folder with other files.
 */
export function removePinned(pins: string): Removed {
  if (!existsSync(pins)) return { links: [], maps: [] };
  assertBpffs(pins);
  const folder = linkFolder(pins);
  const links = removeLinks(folder);
  const maps = readdirSync(pins).filter(isOurs).sort();
  for (const name of maps) unlinkSync(join(pins, name));
  for (const path of [folder, pins]) if (existsSync(path) && readdirSync(path).length === 0) rmdirSync(path);
  return { links, maps };
}
