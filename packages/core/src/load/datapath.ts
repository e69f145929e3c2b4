import { CoreError } from '../errors.ts';
import type { ResolvedOptions } from '../options/resolve-options.ts';
import type { Undo } from '../undo.ts';
import { flowAgeNow } from './handover/flow-age.ts';
import { measureHz } from './hz.ts';
import { type LoadedPrograms, loadPrograms, loadSettings, type Parts } from './load-programs.ts';
import { createPinnedMaps, type PinnedMaps } from './pinned-maps.ts';
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
  const age = () => flowAgeNow(hz || measureHz(), options.timeouts);
  const maps = createPinnedMaps({ folder: options.pins, undo, age });
  undo.defer(() => maps.close());
  assertSnatRoom(options);
  let programs = loadPrograms(parts, options, hz, maps, undo);
  addMissingServiceMaps(loadSettings(options, hz), maps);
  return {
    maps,
    hz,
    get programs() {
      return programs;
    },
    reload(changed, undoReload, use) {
      const next = loadPrograms(parts, changed, hz, maps, undoReload);
      use(next);
      maps.commit(undoReload);
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
function assertSnatRoom({ snatPorts, maxEntries }: ResolvedOptions): void {
  const ports = snatPorts[1] - snatPorts[0] + 1;
  for (const name of ['lbx_rev4', 'lbx_rev6']) {
    const elements = maxEntries[name] ?? ports;
    if (elements >= ports) continue;
    throw new CoreError(
      'LBX_BAD_OPTION',
      `maxEntries.${name} is ${elements}, fewer than the ${ports} ports of snatPorts ${snatPorts.join('-')}; leave its size to snatPorts`,
      { snatPorts, elements },
    );
  }
}
