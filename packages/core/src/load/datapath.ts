import { join } from 'node:path';
import type { BpfMap } from 'libbpf-ts';
import { CoreError } from '../errors.ts';
import type { ResolvedOptions } from '../options/resolve-options.ts';
import type { Undo } from '../undo.ts';
import { measureHz } from './hz.ts';
import { type LoadedPrograms, loadPrograms, type Parts } from './load-programs.ts';
import { mapSizes } from './map-sizes.ts';
import { createPinnedMaps, type PinnedMaps, pinMismatch } from './pinned-maps.ts';
import { addMissingServiceMaps } from './service-maps.ts';

/** Maps, and the programs that are loaded on them. */
export interface Datapath {
  readonly maps: PinnedMaps;
  readonly programs: LoadedPrograms;
  /** Jiffies per second; 0 where no packet programs are loaded. */
  readonly hz: number;
  /**
   * Loads the programs with other settings; `use` puts them where the old ones are. When anything fails, the old ones stay.
   */
  reload(options: ResolvedOptions, undo: Undo, use: (programs: LoadedPrograms) => void): void;
  close(): void;
}

/** Loads what the options ask for, in a folder of pins that exists. Nothing is attached yet. */
export function loadDatapath(options: ResolvedOptions, sockets: boolean, undo: Undo): Datapath {
  const packets = options.devices.length + options.podDevices.length > 0;
  const parts: Parts = {
    packets,
    xdp: Object.values(options.xdp).some((choice) => choice !== 'off'),
    sockets,
  };
  const hz = packets ? measureHz() : 0;
  const maps = createPinnedMaps(options.pins, undo);
  undo.defer(() => maps.close());
  let programs = loadPrograms(parts, options, hz, maps, undo);
  addMissingServiceMaps({ maxEntries: mapSizes(options), maglevSize: options.maglevSize }, maps);
  assertSnatRoom(maps.byName, options);
  return {
    maps,
    hz,
    get programs() {
      return programs;
    },
    reload(changed, undoReload, use) {
      const next = loadPrograms(parts, changed, hz, maps, undoReload);
      use(next);
      next.commit();
      programs.close();
      programs = next;
    },
    close() {
      programs.close();
      maps.close();
    },
  };
}

/** Each SNAT port has its element. */
function assertSnatRoom(maps: ReadonlyMap<string, BpfMap>, { snatPorts, pins }: ResolvedOptions): void {
  const ports = snatPorts[1] - snatPorts[0] + 1;
  for (const name of ['lbx_rev4', 'lbx_rev6']) {
    const elements = maps.get(name)?.maxEntries;
    if (elements === undefined || elements >= ports) continue;
    const found = `${name} has ${elements} elements, fewer than the ${ports} ports of snatPorts ${snatPorts.join('-')}`;
    throw pins === false
      ? new CoreError('LBX_BAD_OPTION', `${found}; leave its size to snatPorts`, { snatPorts, elements })
      : pinMismatch(join(pins, name), found);
  }
}
