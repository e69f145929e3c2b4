import { renameSync, rmSync } from 'node:fs';
import type { BpfMap, MapSpec } from 'libbpf-ts';
import { CoreError } from '../../errors.ts';
import type { Undo } from '../../undo.ts';
import type { Source } from './source.ts';
import type { Transfer } from './transfer.ts';

/** A map that takes over from others of its name, or of the other kind of flow table. */
export interface Handover {
  readonly spec: MapSpec;
  readonly transfer: Transfer;
  readonly sources: readonly Source[];
  readonly first: number;
  /** Where the successor is to be pinned in the end. */
  readonly path: string;
  /** Of what is left of earlier attempts. */
  readonly strays: readonly string[];
  successor?: BpfMap;
  /** Where the successor is pinned until it is in force; absent: it is in its place. */
  waiting?: string;
}

/** @throws CoreError `LBX_MAP_TOO_SMALL` when entries that are in use would have no place. */
export function assertFits({ spec, transfer, sources, first }: Handover, option: string): void {
  for (const source of sources) {
    const { used, fits } = transfer.fits(source, { ...spec, first });
    if (fits) continue;
    const { name, maxEntries } = spec;
    throw new CoreError(
      'LBX_MAP_TOO_SMALL',
      `${option} gives map ${name} ${maxEntries} entries, too few for what is in use in the pinned one: ${used} of its ` +
        `${source.map.maxEntries}. It is left as it is; raise ${option}, or first remove what needs the entries`,
      { map: name, size: maxEntries, pinnedSize: source.map.maxEntries, used, option },
    );
  }
}

/**
 * Everything that the sources have, while none but them is in use. Programs go on writing them until the hooks have been
 * given the new ones: `follow` gets that.
 */
export function fill({ transfer, sources, first }: Handover, to: BpfMap): void {
  const [old, ...strays] = sources;
  if (old !== undefined) transfer.fill(old, to, first);
  for (const stray of strays) transfer.follow?.(stray, to, first);
}

/** To be called when no program that writes the sources can be running any more. */
export function follow({ transfer, sources, first, successor }: Handover): void {
  if (successor === undefined) return;
  for (const source of sources) transfer.follow?.(source, successor, first);
}

/** The successor takes the pin, in one step. */
export function exchangePins(handover: Handover, undo: Undo): void {
  const { path, waiting, sources, strays } = handover;
  if (waiting !== undefined) {
    // bpffs renames over an existing pin.
    renameSync(waiting, path);
    undo.defer(() => {
      rmSync(path);
      sources[0]?.map.pin(path);
    });
  }
  for (const stray of strays) rmSync(stray, { force: true });
}
