import { existsSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Link } from 'libbpf-ts';
import { linkFolder } from './attach/link-folder.ts';

/** What was removed. */
export interface Removed {
  readonly links: readonly string[];
  readonly maps: readonly string[];
}

/** Names that pins of lbx have; whatever else lies in the folder is not ours and stays. */
const ours = /^(lb[46]?_|skip_lb[46]$|lbx_)/;
const ourLinks = /^(xdp|tc|cgroup)_/;

/**
 * Detaches the programs and removes the pins of a folder: links first, so that no program runs on maps that are going
 * away. Only files that lbx made are touched; folders go when they are empty. Nothing there is no error.
 */
export function removePinned(pins: string): Removed {
  const links: string[] = [];
  const maps: string[] = [];
  const folder = linkFolder(pins);
  for (const name of list(folder)) {
    if (!ourLinks.test(name)) continue;
    using link = Link.openPinned(join(folder, name));
    link.detach();
    unlinkSync(join(folder, name));
    links.push(name);
  }
  for (const name of list(pins)) {
    if (!ours.test(name)) continue;
    unlinkSync(join(pins, name));
    maps.push(name);
  }
  for (const path of [folder, pins]) if (existsSync(path) && list(path).length === 0) rmdirSync(path);
  return { links, maps };
}

const list = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).sort() : []);
