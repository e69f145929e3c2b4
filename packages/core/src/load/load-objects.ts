import { type ObjectName, readObject } from '@lbx/bpf';
import {
  type BpfObject,
  type LoadOptions,
  load,
  type MapOptions,
  type MapSpec,
  type ProgramOptions,
} from 'libbpf-ts';
import { type ObjectSpec, parseObject } from 'libbpf-ts/elf';
import { checkObjectLayouts } from './check-layouts.ts';
import type { PinnedMaps } from './pinned-maps.ts';
import type { Variables } from './variables.ts';

export interface LoadRequest {
  readonly name: ObjectName;
  /** Programs to load; the others of the object are left out. undefined: all. */
  readonly programs?: readonly string[];
}

export interface LoadSettings {
  readonly variables: Variables;
  readonly maxEntries: Readonly<Record<string, number>>;
  readonly maglevSize: number;
}

/** Tail call tables belong to the programs of one load: a new version brings its own. */
export const isPerLoad = (spec: MapSpec): boolean => spec.type === 'prog_array';
/** libbpf's maps behind global variables; the settings of one load. */
const isInternal = (spec: MapSpec): boolean => spec.section !== undefined;

/**
 * Loads one prebuilt object: compares its layouts with ours, sets its variables, gives it the maps that exist already
 * and adds those that it makes to `maps`.
 */
export function loadObject(request: LoadRequest, settings: LoadSettings, maps: PinnedMaps): BpfObject {
  const bytes = readObject(request.name);
  const spec = parseObject(bytes);
  checkObjectLayouts(request.name, spec);
  const object = load(bytes, loadOptions(request, spec, settings, maps));
  try {
    for (const map of sharedMaps(spec)) {
      if (!maps.byName.has(map.name)) maps.add(map.name, object.map(map.name));
    }
    return object;
  } catch (error) {
    object[Symbol.dispose]();
    throw error;
  }
}

function sharedMaps(spec: ObjectSpec): MapSpec[] {
  return [...spec.maps.values()].filter((map) => !isInternal(map) && !isPerLoad(map));
}

function loadOptions(
  request: LoadRequest,
  spec: ObjectSpec,
  settings: LoadSettings,
  maps: PinnedMaps,
): LoadOptions {
  const variables = Object.fromEntries(
    Object.entries(settings.variables).filter(([name]) => spec.variables.has(name)),
  );
  const mapOptions: Record<string, MapOptions> = {};
  for (const map of sharedMaps(spec)) {
    const reuse = maps.open(map);
    const maxEntries = settings.maxEntries[map.name];
    mapOptions[map.name] = {
      ...(reuse === undefined ? {} : { reuse }),
      ...(maxEntries === undefined || reuse !== undefined ? {} : { maxEntries }),
      ...(map.innerSpec === undefined
        ? {}
        : { innerSpec: { ...map.innerSpec, valueSize: 4 * settings.maglevSize } }),
    };
  }
  const programs: Record<string, ProgramOptions> = {};
  for (const name of spec.programs.keys()) {
    if (request.programs !== undefined && !request.programs.includes(name))
      programs[name] = { autoload: false };
  }
  return { variables, maps: mapOptions, programs };
}
