import { existsSync, mkdirSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BpfMap, type MapSpec } from 'libbpf-ts';
import { CoreError } from '../errors.ts';

/** Magic number of a BPF file system, from statfs(2). */
const bpffsMagic = 0xcafe4a11;

/** Makes the folder of pins, which must lie in a BPF file system. @throws CoreError `LBX_NO_BPFFS`. */
export function preparePinFolder(folder: string): void {
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  if (statfsSync(existing).type !== bpffsMagic) {
    throw new CoreError(
      'LBX_NO_BPFFS',
      `the pin folder ${folder} is not in a BPF file system (${existing} is another); ` +
        'mount one with `mount -t bpf bpf /sys/fs/bpf`, or pass a folder inside of one',
      { folder },
    );
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/** The maps of a load balancer, shared by its objects under their names, and which of them it pinned itself. */
export interface PinnedMaps {
  readonly byName: ReadonlyMap<string, BpfMap>;
  /** The pinned map of that spec, if there is one. @throws CoreError `LBX_PIN_MISMATCH`. */
  open(spec: MapSpec): BpfMap | undefined;
  /** Takes over a map that an object made, and pins it. */
  add(name: string, map: BpfMap): void;
  /** Removes the pins that this run made; for a start that failed half way. */
  undo(): void;
  close(): void;
}

/** @param folder - bpffs folder, or false for no pins. */
export function createPinnedMaps(folder: string | false): PinnedMaps {
  const byName = new Map<string, BpfMap>();
  const pinned: BpfMap[] = [];
  return {
    byName,
    open(spec) {
      const known = byName.get(spec.name);
      if (known !== undefined || folder === false) return known;
      const path = join(folder, spec.name);
      if (!existsSync(path)) return undefined;
      const map = openChecked(path, spec);
      byName.set(spec.name, map);
      return map;
    },
    add(name, map) {
      if (folder !== false) {
        map.pin(join(folder, name));
        pinned.push(map);
      }
      byName.set(name, map);
    },
    undo() {
      for (const map of pinned.splice(0)) map.unpin();
    },
    close() {
      for (const map of byName.values()) map[Symbol.dispose]();
      byName.clear();
    },
  };
}

/** Sizes may differ from the object's (an option, or an earlier one); all else may not. */
function openChecked(path: string, spec: MapSpec): BpfMap {
  const { type, keySize, valueSize } = spec;
  try {
    return BpfMap.openPinned(path, { type, keySize, valueSize });
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'LBX_MAP_MISMATCH') throw error;
    throw new CoreError(
      'LBX_PIN_MISMATCH',
      `${(error as Error).message}\n${path} was pinned with another layout, and is left as it is; ` +
        'use another pin folder, or remove the old state with `lbx cleanup --pins ' +
        `${dirname(path)}\` (its established connections are lost)`,
      { path, map: spec.name },
      { cause: error },
    );
  }
}
