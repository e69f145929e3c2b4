import type { BpfObject } from 'libbpf-ts';
import type { Objects } from '../attach/attach-programs.ts';
import { linkFolder } from '../attach/link-folder.ts';
import type { ResolvedOptions } from '../options.ts';
import { measureHz } from './hz.ts';
import { type LoadSettings, loadObject } from './load-objects.ts';
import { createPinnedMaps, type PinnedMaps, preparePinFolder } from './pinned-maps.ts';
import { addMissingServiceMaps } from './service-maps.ts';
import { pinTailCalls } from './tail-calls.ts';
import { variablesOf } from './variables.ts';

/** Loaded objects and the maps that they share. */
export interface Datapath {
  readonly objects: Objects;
  readonly maps: PinnedMaps;
  /** How many programs are loaded. */
  readonly programs: number;
  /** To be called when the programs are attached: what only older programs needed is let go. */
  commit(): void;
  /** Gives up a start that failed: pins made by it are removed, everything is closed. */
  undo(): void;
  close(): void;
}

/** Loads the objects that the options ask for. Nothing is attached yet. */
export function loadDatapath(options: ResolvedOptions, sockets: boolean): Datapath {
  if (options.pins !== false) preparePinFolder(linkFolder(options.pins));
  const settings: LoadSettings = {
    variables: variablesOf(options, options.devices.length > 0 ? measureHz() : 0),
    maxEntries: options.maxEntries,
    maglevSize: options.maglevSize,
  };
  const maps = createPinnedMaps(options.pins);
  const loaded: BpfObject[] = [];
  const add = (name: 'xdp' | 'tc' | 'sock') => {
    const object = loadObject({ name }, settings, maps);
    loaded.push(object);
    return object;
  };
  const close = () => {
    maps.close();
    for (const object of loaded) object[Symbol.dispose]();
  };
  try {
    const packets = options.devices.length > 0 ? { xdp: add('xdp'), tc: add('tc') } : {};
    const objects: Objects = sockets ? { ...packets, sock: add('sock') } : packets;
    addMissingServiceMaps(settings, maps);
    return {
      objects,
      maps,
      programs: loaded.reduce((sum, object) => sum + object.programs().length, 0),
      commit() {
        if (options.pins !== false && objects.xdp !== undefined) pinTailCalls(objects.xdp, options.pins);
      },
      undo() {
        maps.undo();
        close();
      },
      close,
    };
  } catch (error) {
    maps.undo();
    close();
    throw error;
  }
}
