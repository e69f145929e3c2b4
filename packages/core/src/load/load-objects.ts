import { type ObjectName, readObject } from '@lbx/bpf';
import { flowCatalog } from '@lbx/maps';
import {
  type BpfMap,
  type BpfObject,
  type LoadOptions,
  load,
  type MapOptions,
  type MapSpec,
} from 'libbpf-ts';
import { type ObjectSpec, parseObject } from 'libbpf-ts/elf';
import { holdsMaglevTables } from './check-inner-map.ts';
import { checkObjectLayouts } from './check-layouts.ts';
import { howToOpen } from './how-to-open.ts';
import type { PinnedMaps } from './pinned-maps.ts';
import type { Variables } from './variables.ts';

export interface LoadSettings {
  /** Settings of the programs, given the maps that exist already. */
  readonly variables: (maps: ReadonlyMap<string, BpfMap>) => Variables;
  readonly maxEntries: Readonly<Record<string, number>>;
  /** The option that gives a map its size, for messages. */
  readonly sizeOption: (map: string) => string;
  readonly maglevSize: number;
  /** The first SNAT port. */
  readonly snatMin: number;
  /** Maps that the programs declare and these settings have no use for. */
  readonly unused: ReadonlySet<string>;
  /** Maps of this load alone by name, shared by its objects; filled as they are loaded. */
  readonly ownMaps: Map<string, BpfMap>;
}

/**
 * Tail call tables and scratch memory belong to the programs of one load: a new version brings its own, perhaps with
 * another layout.
 */
const isPerLoad = ({ name, type }: MapSpec, { unused }: LoadSettings): boolean =>
  type === 'prog_array' || (type === 'percpu_array' && !Object.hasOwn(flowCatalog, name)) || unused.has(name);
/** What belongs to one object alone: libbpf's maps behind global variables, and memory that no packet leaves anything in. */
const isInternal = ({ section, name }: MapSpec): boolean =>
  section !== undefined || name.startsWith('lbx_scratch');

/**
 * Loads one prebuilt object: compares its layouts with ours, sets its variables, gives it the maps that exist already
 * and adds those that it makes to `maps`, which outlive it.
 */
export function loadObject(name: ObjectName, settings: LoadSettings, maps: PinnedMaps): BpfObject {
  const bytes = readObject(name);
  const spec = parseObject(bytes);
  checkObjectLayouts(name, spec);
  const object = load(bytes, loadOptions(spec, settings, maps));
  try {
    for (const map of sharedMaps(spec, settings)) {
      if (!maps.byName.has(map.name)) maps.add(map.name, object.detachMap(map.name));
    }
    for (const { name } of perLoadMaps(spec, settings)) {
      if (!settings.ownMaps.has(name)) settings.ownMaps.set(name, object.detachMap(name));
    }
    return object;
  } catch (error) {
    object[Symbol.dispose]();
    throw error;
  }
}

function sharedMaps(spec: ObjectSpec, settings: LoadSettings): MapSpec[] {
  return [...spec.maps.values()].filter((map) => !isInternal(map) && !isPerLoad(map, settings));
}

function perLoadMaps(spec: ObjectSpec, settings: LoadSettings): MapSpec[] {
  return [...spec.maps.values()].filter((map) => isPerLoad(map, settings));
}

function loadOptions(spec: ObjectSpec, settings: LoadSettings, maps: PinnedMaps): LoadOptions {
  const mapOptions: Record<string, MapOptions> = {};
  for (const map of sharedMaps(spec, settings)) {
    const maxEntries = settings.maxEntries[map.name];
    const innerSpec =
      map.innerSpec && holdsMaglevTables(map.name)
        ? { ...map.innerSpec, valueSize: 4 * settings.maglevSize }
        : map.innerSpec;
    const reuse = maps.open(innerSpec === undefined ? map : { ...map, innerSpec }, howToOpen(map, settings));
    mapOptions[map.name] = {
      ...(reuse === undefined ? {} : { reuse }),
      ...(maxEntries === undefined || reuse !== undefined ? {} : { maxEntries }),
      ...(innerSpec === undefined || reuse !== undefined ? {} : { innerSpec }),
    };
  }
  for (const { name } of perLoadMaps(spec, settings)) {
    // libbpf puts the programs of each object into their places.
    const reuse = settings.ownMaps.get(name);
    if (reuse !== undefined) mapOptions[name] = { reuse };
    else if (settings.unused.has(name)) mapOptions[name] = { maxEntries: 1 };
  }
  const variables = Object.fromEntries(
    Object.entries(settings.variables(maps.byName)).filter(([name]) => spec.variables.has(name)),
  );
  return { variables, maps: mapOptions };
}
