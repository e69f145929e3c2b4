import { manifest, type ObjectName } from '@lbx/bpf';
import type { BpfMap, BpfObject, BpfProgram } from 'libbpf-ts';
import type { ResolvedOptions } from '../options/resolve-options.ts';
import type { Undo } from '../undo.ts';
import { inheritFlows, openFlowSets, removeUnusedFlowMaps, unusedFlowMaps } from './flow-tables.ts';
import { type LoadSettings, loadObject } from './load-objects.ts';
import { mapSizes, sizeOption } from './map-sizes.ts';
import type { PinnedMaps } from './pinned-maps.ts';
import { pinTailCalls } from './tail-calls.ts';
import { variablesOf } from './variables.ts';

/** The programs of one load, with one set of settings, on maps that outlive them. */
export interface LoadedPrograms {
  readonly byName: ReadonlyMap<string, BpfProgram>;
  /** Names of those for sockets. */
  readonly socketPrograms: readonly string[];
  /** To be called when the programs are attached: what only older programs needed is let go. */
  commit(): void;
  close(): void;
}

/** Which parts of the datapath are wanted. */
export interface Parts {
  /** Programs on devices; without XDP when no device may have it. */
  readonly packets: boolean;
  readonly xdp: boolean;
  readonly sockets: boolean;
}

/** Loads the objects of these parts. The maps that they make are added to `maps`; nothing is attached yet. */
export function loadPrograms(
  parts: Parts,
  options: ResolvedOptions,
  hz: number,
  maps: PinnedMaps,
  undo: Undo,
): LoadedPrograms {
  const settings = loadSettings(options, hz);
  if (parts.packets) openFlowSets(options, settings, maps);
  const objects = new Map<ObjectName, BpfObject>();
  const close = () => {
    for (const object of objects.values()) object[Symbol.dispose]();
    for (const map of settings.ownMaps.values()) map[Symbol.dispose]();
  };
  undo.defer(close);
  for (const name of objectNames(parts, options)) objects.set(name, loadObject(name, settings, maps));
  const programs = [...objects.values()].flatMap((object) => object.programs());
  const calls = [...settings.ownMaps.values()].filter(({ type }) => type === 'prog_array');
  inheritFlows(options, maps);
  const tailCalls = options.pins === false ? undefined : pinTailCalls(calls, options.pins, undo);
  return {
    byName: new Map(programs.map((program) => [program.name, program])),
    socketPrograms:
      objects
        .get('sock')
        ?.programs()
        .map(({ name }) => name) ?? [],
    commit() {
      tailCalls?.commit();
      removeUnusedFlowMaps(options);
    },
    close,
  };
}

/** How these options want objects to be loaded; for one load. */
export function loadSettings(options: ResolvedOptions, hz: number): LoadSettings {
  return {
    variables: (known) => variablesOf(options, hz, known),
    maxEntries: mapSizes(options),
    sizeOption: (map) => sizeOption(map, options),
    maglevSize: options.maglevSize,
    snatMin: options.snatPorts[0],
    unused: new Set(unusedFlowMaps(options)),
    ownMaps: new Map<string, BpfMap>(),
  };
}

/** The programs that are attached are IPv4's; those of IPv6 are reached by tail call. */
function objectNames(
  { packets, xdp, sockets }: Parts,
  { families, podDevices }: ResolvedOptions,
): ObjectName[] {
  const pods = podDevices.length > 0 ? ['pod'] : [];
  const hooks = packets ? [...(xdp ? ['xdp'] : []), 'tc', ...pods] : [];
  const names = hooks.flatMap((hook) => [`${hook}4`, ...(families.includes(6) ? [`${hook}6`] : [])]);
  return [...names.filter((name) => Object.hasOwn(manifest.objects, name)), ...(sockets ? ['sock'] : [])];
}
