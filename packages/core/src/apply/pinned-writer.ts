import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ApplyResult,
  applyOps,
  catalog,
  createWritten,
  type Frontend,
  type Op,
  type Projection,
  type ProjectOptions,
  plan,
  planBeside,
  projectOnto,
  readSnapshot,
  restoreIds,
  type Snapshot,
  serviceCatalog,
} from '@lbx/maps';
import { BpfMap } from 'libbpf-ts';
import { createTrafficKeeper } from '../derived/traffic-keeper.ts';
import { CoreError } from '../errors.ts';
import { pinMismatch } from '../load/pin-mismatch.ts';
import { localAddresses } from '../network/node-network.ts';
import { lockPins } from '../pin-lock.ts';
import { trafficMapsOf } from '../traffic.ts';
import { createBackendPlaces } from './backend-places.ts';
import { openKernelTables } from './kernel-tables.ts';
import { idLimits, ownersIn, reserveUsedIds } from './programmer.ts';
import { sizeKnobs, sizesOf } from './project-options.ts';

/** How services are written into pinned maps. */
export interface PinnedWriteOptions {
  /** With which services become entries; those that the maps show are found by `optionsIn` of `@lbx/maps`. */
  readonly project: ProjectOptions;
  /** Delete what belongs to other frontends too; false when absent. */
  readonly prune?: boolean;
}

/** What was written, and what was not. */
export interface PinnedWrite {
  readonly projection: Projection;
  readonly ops: readonly Op[];
  readonly result: ApplyResult;
  /** What the maps hold now, read back. */
  readonly after: Snapshot;
}

/** The maps of a datapath that is loaded and pinned, for whoever has no part in its programs. */
export interface PinnedWriter extends Disposable {
  /** Writes services once. Never throws for a single one, or a failed write: the result names them. */
  write(frontends: readonly Frontend[], options: PinnedWriteOptions): PinnedWrite;
  close(): void;
}

/**
 * Opens the pinned maps of lbx for one-off writes while no load balancer runs on them: programs and attachments stay as
 * they are, and what the programs need beside the entries (gate bitmap, backend and frontend metadata) is kept in line.
 * Has the folder to itself until it is closed.
 * @throws CoreError `LBX_PINS_IN_USE` naming the process that runs on them, `LBX_NO_BPFFS` where nothing is pinned,
 *   `LBX_PIN_MISMATCH` for a folder in the middle of an exchange of maps.
 */
export function openPinnedWriter(pins: string): PinnedWriter {
  if (!existsSync(join(pins, 'lb4_services_v2')))
    throw new CoreError('LBX_NO_BPFFS', `no datapath is pinned in ${pins}: nothing there to write to`, {
      pins,
    });
  const lock = lockPins(pins);
  const maps = new Map<string, BpfMap>();
  const close = () => {
    for (const map of maps.values()) map.close();
    maps.clear();
    lock.close();
  };
  try {
    for (const name of readdirSync(pins)) {
      if (name.includes(':'))
        throw pinMismatch(join(pins, name), 'it was left by a process that ended while it exchanged maps');
      if (name.startsWith('lbx_') || Object.hasOwn(catalog, name))
        maps.set(name, BpfMap.openPinned(join(pins, name), { name }));
    }
    for (const name of Object.keys(serviceCatalog))
      if (!maps.has(name)) throw pinMismatch(join(pins, name), 'it is missing');
    return { write: (frontends, options) => write(maps, frontends, options), close, [Symbol.dispose]: close };
  } catch (error) {
    close();
    throw error;
  }
}

function write(
  maps: ReadonlyMap<string, BpfMap>,
  frontends: readonly Frontend[],
  { project: options, prune = false }: PinnedWriteOptions,
): PinnedWrite {
  const places = createBackendPlaces(new Set(localAddresses().map(({ address }) => address)), false);
  const kernel = openKernelTables(maps, options.maglevSize ?? 16381, places);
  const { tables, frontendMeta } = kernel;
  const found = readSnapshot(tables);
  const ids = restoreIds(found, idLimits(maps));
  reserveUsedIds(ids, maps);
  const counted = trafficMapsOf(maps);
  const traffic = counted && createTrafficKeeper(counted, ownersIn(found));
  places.replace([], frontends);
  const knobs = sizeKnobs(tables, { maxEntries: {} });
  const room = { maxEntries: sizesOf(tables), knobs };
  const desired = projectOnto(found, frontends, { ...options, ...room }, ids);
  const ops = prune ? plan(found, desired) : planBeside(found, desired);
  const names = [...desired.frontends.keys()];
  frontendMeta?.mark(desired, names);
  traffic?.prepare(ops);
  const result = applyOps(tables, ops, createWritten(found), knobs);
  // Of the others nothing is known here: their marks, and which of their backends are local, stay as they are.
  frontendMeta?.unmark(desired, ids, prune ? undefined : names);
  kernel.refreshBackends(places.takeMoves().local);
  return { projection: desired, ops, result, after: readSnapshot(tables) };
}
