import { join } from 'node:path';
import type { ObjectName } from '@lbx/bpf';
import type { BpfMap, BpfObject } from 'libbpf-ts';
import type { Objects } from '../attach/attach-programs.ts';
import { CoreError } from '../errors.ts';
import type { ResolvedOptions } from '../options.ts';
import type { Undo } from '../undo.ts';
import { measureHz } from './hz.ts';
import { type LoadSettings, loadObject } from './load-objects.ts';
import { createPinnedMaps, type PinnedMaps, pinMismatch } from './pinned-maps.ts';
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
  close(): void;
}

/** Loads the objects that the options ask for, in a folder of pins that exists. Nothing is attached yet. */
export function loadDatapath(options: ResolvedOptions, sockets: boolean, undo: Undo): Datapath {
  const packets = options.devices.length > 0;
  const hz = packets ? measureHz() : 0;
  const settings: LoadSettings = {
    variables: (maps) => variablesOf(options, hz, maps),
    maxEntries: { ...defaultSizes(options), ...options.maxEntries },
    maglevSize: options.maglevSize,
    tailCalls: new Map(),
  };
  const maps = createPinnedMaps(options.pins, undo);
  const loaded: BpfObject[] = [];
  const close = () => {
    maps.close();
    for (const object of loaded) object[Symbol.dispose]();
  };
  undo.defer(close);
  const add = (name: ObjectName) => {
    const object = loadObject(name, settings, maps);
    loaded.push(object);
    return object;
  };
  const objects: Objects = {
    ...(packets ? { xdp: add('xdp4'), tc: add('tc4') } : {}),
    ...(sockets ? { sock: add('sock') } : {}),
  };
  addMissingServiceMaps(settings, maps);
  assertSnatRoom(maps.byName, options);
  const tailCalls =
    options.pins !== false ? pinTailCalls([...settings.tailCalls.values()], options.pins, undo) : undefined;
  return {
    objects,
    maps,
    programs: loaded.reduce((sum, object) => sum + object.programs().length, 0),
    commit: () => tailCalls?.commit(),
    close,
  };
}

/** Sizes that follow from other options. */
function defaultSizes({ snatPorts: [from, to] }: ResolvedOptions): Record<string, number> {
  return { lbx_rev4: to - from + 1 };
}

/** Each SNAT port has its element. */
function assertSnatRoom(maps: ReadonlyMap<string, BpfMap>, { snatPorts, pins }: ResolvedOptions): void {
  const elements = maps.get('lbx_rev4')?.maxEntries;
  const ports = snatPorts[1] - snatPorts[0] + 1;
  if (elements === undefined || elements >= ports) return;
  const found = `lbx_rev4 has ${elements} elements, fewer than the ${ports} ports of snatPorts ${snatPorts.join('-')}`;
  throw pins === false
    ? new CoreError('LBX_BAD_OPTION', `${found}; leave its size to snatPorts`, { snatPorts, elements })
    : pinMismatch(join(pins, 'lbx_rev4'), found);
}
