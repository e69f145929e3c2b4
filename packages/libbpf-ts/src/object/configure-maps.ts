import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Cleanup } from '../cleanup.ts';
import { LoadError, MapMismatchError } from '../errors.ts';
import { BpfMap } from '../map/map.ts';
import type { NewMap } from '../map/map-create.ts';
import { mapDifferences } from '../map/map-differences.ts';
import type { MapSpec } from '../spec/map-spec.ts';
import type { ObjectSpec } from '../spec/object-spec.ts';
import type { LibbpfObject } from './libbpf-object.ts';
import type { LoadOptions, MapOptions } from './load-options.ts';

/** One map of an object that is being loaded. */
export interface MapPlan {
  readonly spec: MapSpec;
  /** The spec with the options' changes. */
  readonly wanted: Omit<MapSpec, 'innerSpec'> & NewMap;
  readonly reused: boolean;
  /** Where to pin it after load. */
  readonly pin?: string;
}

/** Applies the options to libbpf's maps. Maps opened for it go to `stack`, which is disposed of after load. */
export function configureMaps(
  object: LibbpfObject,
  spec: ObjectSpec,
  options: LoadOptions,
  stack: Cleanup,
): MapPlan[] {
  return [...spec.maps.values()].map((map) => {
    const change = options.maps?.[map.name] ?? {};
    const wanted = changed(map, change);
    const reuse = mapToReuse(map, change, options.pinPath, stack);
    const pin = pinPathOf(map, change, options.pinPath);
    configure(object, wanted, change, reuse, stack);
    return {
      spec: map,
      wanted,
      reused: reuse !== undefined,
      ...(pin === undefined || reuse !== undefined ? {} : { pin }),
    };
  });
}

function changed(map: MapSpec, change: MapOptions): Omit<MapSpec, 'innerSpec'> & NewMap {
  return {
    ...map,
    ...(change.maxEntries === undefined ? {} : { maxEntries: change.maxEntries }),
    ...(change.flags === undefined ? {} : { flags: change.flags }),
    ...(change.numaNode === undefined ? {} : { numaNode: change.numaNode }),
    ...(change.innerSpec === undefined ? {} : { innerSpec: change.innerSpec }),
    ...(change.innerMap === undefined ? {} : { innerFd: change.innerMap.fd }),
  };
}

function pinPathOf(map: MapSpec, change: MapOptions, folder = '/sys/fs/bpf'): string | undefined {
  if (change.pin !== undefined) return change.pin === false ? undefined : change.pin;
  return map.pinning === 'by_name' ? join(folder, map.name) : undefined;
}

function mapToReuse(
  map: MapSpec,
  change: MapOptions,
  folder: string | undefined,
  stack: Cleanup,
): BpfMap | undefined {
  const found = findExisting(map, change, folder, stack);
  if (found === undefined) return undefined;
  const { type, keySize, valueSize } = map;
  const flags = change.flags ?? map.flags;
  const expect = {
    type,
    keySize,
    valueSize,
    flags,
    ...(change.maxEntries === undefined ? {} : { maxEntries: change.maxEntries }),
  };
  const differences = mapDifferences(found.map.info(), expect);
  if (differences.length > 0) throw new MapMismatchError(`${map.name} (${found.from})`, differences);
  return found.map;
}

function findExisting(map: MapSpec, change: MapOptions, folder: string | undefined, stack: Cleanup) {
  if (typeof change.reuse === 'number')
    return { map: stack.use(BpfMap.fromFd(change.reuse)), from: `fd ${change.reuse}` };
  if (change.reuse !== undefined) return { map: change.reuse, from: 'the map to reuse' };
  const path = pinPathOf(map, change, folder);
  if (path === undefined || !existsSync(path)) return undefined;
  return { map: stack.use(BpfMap.openPinned(path)), from: `pinned at ${path}` };
}

function configure(
  object: LibbpfObject,
  wanted: Omit<MapSpec, 'innerSpec'> & NewMap,
  change: MapOptions,
  reuse: BpfMap | undefined,
  stack: Cleanup,
): void {
  const { api } = object;
  const pointer = object.maps.get(wanted.name);
  // An internal section that libbpf makes no map of (".rodata.str1.1" of a program that it does not load).
  if (pointer === undefined) return;
  const check = (errno: number, operation: string) => {
    if (errno < 0)
      throw new LoadError({ errno, operation, object: wanted.name, stage: 'map', item: wanted.name });
  };
  // Pins are this package's: it compares first, and removes its own again when the load fails.
  if (wanted.section === undefined)
    check(api.bpf_map__set_pin_path(pointer, null), 'unset the pin path of map');
  if (reuse !== undefined) {
    check(api.bpf_map__reuse_fd(pointer, reuse.fd), 'reuse map');
    return;
  }
  if (change.maxEntries !== undefined)
    check(api.bpf_map__set_max_entries(pointer, change.maxEntries), 'set max_entries of map');
  if (change.flags !== undefined)
    check(api.bpf_map__set_map_flags(pointer, change.flags), 'set the flags of map');
  if (change.numaNode !== undefined)
    check(api.bpf_map__set_numa_node(pointer, change.numaNode), 'set the NUMA node of map');
  const inner = change.innerMap ?? (change.innerSpec && stack.use(BpfMap.create(change.innerSpec)));
  if (inner !== undefined) check(api.bpf_map__set_inner_map_fd(pointer, inner.fd), 'set the inner map of');
}
