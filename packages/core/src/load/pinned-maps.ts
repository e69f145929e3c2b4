import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BpfMap, type MapSpec } from 'libbpf-ts';
import { CoreError } from '../errors.ts';
import type { Undo } from '../undo.ts';
import { assertInnerFits, holdsMaglevTables } from './check-inner-map.ts';

/** The maps of a load balancer, shared by its objects under their names. */
export interface PinnedMaps {
  readonly byName: ReadonlyMap<string, BpfMap>;
  /**
   * The pinned map of that spec, if there is one.
   * @param size - of a map whose contents may be lost: one that is pinned with another size gives way to a new one.
   * @throws CoreError `LBX_PIN_MISMATCH`.
   */
  open(spec: MapSpec, size?: number): BpfMap | undefined;
  /** Takes over a map that was just made, and pins it. */
  add(name: string, map: BpfMap): void;
  close(): void;
}

/**
 * @param folder - bpffs folder, or false for no pins.
 * @param undo - takes the pins back that were made here; what was pinned before stays.
 */
export function createPinnedMaps(folder: string | false, undo: Undo): PinnedMaps {
  const byName = new Map<string, BpfMap>();
  return {
    byName,
    open(spec, size) {
      const known = byName.get(spec.name);
      if (known !== undefined || folder === false) return known;
      const path = join(folder, spec.name);
      if (!existsSync(path)) return undefined;
      const map = openChecked(path, spec);
      if (size !== undefined && map.maxEntries !== size) {
        map.unpin(path);
        undo.defer(
          () => map.pin(path),
          () => map.close(),
        );
        return undefined;
      }
      byName.set(spec.name, map);
      // No frontend ever has id 0.
      if (spec.innerSpec && holdsMaglevTables(spec.name))
        assertInnerFits(map, path, spec.innerSpec, new Uint8Array(map.keySize));
      return map;
    },
    add(name, map) {
      byName.set(name, map);
      if (folder === false) return;
      map.pin(join(folder, name));
      undo.defer(() => map.unpin());
    },
    close() {
      for (const map of byName.values()) map[Symbol.dispose]();
      byName.clear();
    },
  };
}

/** Sizes may differ from the object's (an option, or an earlier one); all else may not. */
function openChecked(path: string, spec: MapSpec): BpfMap {
  const { name, type, keySize, valueSize, flags } = spec;
  try {
    return BpfMap.openPinned(path, { name, type, keySize, valueSize, flags });
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    if (code !== 'LBX_MAP_MISMATCH' && code !== 'LBX_WRONG_KIND') throw error;
    throw pinMismatch(path, message.split('\n')[0] ?? message, { cause: error });
  }
}

/** A pin that cannot be used, and is left alone. */
export function pinMismatch(
  path: string,
  found: string,
  { pins = dirname(path), cause }: { readonly pins?: string; readonly cause?: unknown } = {},
): CoreError {
  return new CoreError(
    'LBX_PIN_MISMATCH',
    `${path} cannot be used: ${found}. It is left as it is; use another pin folder, or remove the old state with ` +
      `\`lbx cleanup --pins ${pins}\` (its established connections are lost)`,
    { path, pins },
    cause === undefined ? {} : { cause },
  );
}
