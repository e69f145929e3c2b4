import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { catalog } from '@lbx/maps';
import { BpfMap } from 'libbpf-ts';
import { linkFolder } from '../attach/link-folder.ts';
import { programFolder } from '../attach/program-pins.ts';
import { type PinReading, readPin } from './read-pin.ts';
import type { ForeignPin } from './removal.ts';

/** A pinned map of lbx. */
export interface FoundMap {
  readonly name: string;
  readonly path: string;
  readonly id: number;
}

/** The kernel keeps that much of a map's name. */
const nameLength = 15;

/** The maps of lbx in its folder, and what else lies there but its own folders. */
export function findMaps(pins: string): {
  readonly ours: readonly FoundMap[];
  readonly foreign: readonly ForeignPin[];
} {
  const ours: FoundMap[] = [];
  const foreign: ForeignPin[] = [];
  const folders = [linkFolder(pins), programFolder(pins)];
  for (const entry of readdirSync(pins, { withFileTypes: true })) {
    const path = join(pins, entry.name);
    if (entry.isDirectory() && folders.includes(path)) continue;
    const found = readPin(entry, 'map', () => readMap(path));
    if (found === 'gone') continue;
    if ('why' in found) foreign.push({ path, why: found.why });
    else if (!isOurs(entry.name, found.name))
      foreign.push({ path, why: `the map ${found.name}, which is none of lbx` });
    else ours.push({ name: entry.name, path, id: found.id });
  }
  return { ours: ours.sort((a, b) => (a.name < b.name ? -1 : 1)), foreign };
}

/** By the name of the pin and the one that the kernel knows: a pin of that name may be anybody's. */
function isOurs(pin: string, kernelName: string): boolean {
  // What waits to take a pin's place is called NAME:ID.
  const name = pin.split(':')[0] ?? pin;
  if (name.startsWith('lbx_')) return kernelName.startsWith('lbx_');
  return Object.hasOwn(catalog, name) && kernelName === name.slice(0, nameLength);
}

function readMap(path: string): PinReading {
  using map = BpfMap.openPinned(path);
  return { id: map.id, name: map.name };
}
