import { existsSync, readdirSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { type AnyLayout, catalog, flowCatalog } from '@lbx/maps';
import { BpfMap, FileLock, Link, type LinkInfo, type MapInfo } from 'libbpf-ts';
import { linkFolder } from '../attach/link-folder.ts';
import { openProgram } from '../attach/program-pins.ts';
import { isBpffs } from '../bpffs.ts';
import { openMapRecords } from '../load/handover/map-records.ts';
import { layoutHistory, layoutVersion } from '../load/handover/older-layouts.ts';
import { countEntries } from '../pinned/count-entries.ts';
import { findMapMismatches, type MapMismatch } from '../running-maps.ts';

/** A pinned map of a load balancer. */
export interface PinnedMap {
  readonly name: string;
  readonly info: MapInfo;
  /** Entries, of maps whose room can be used up (hash tables and tries); undefined for others, and where nobody counts. */
  readonly entries?: number;
  /** How it is not what this version of lbx reads and writes; undefined where it is. */
  readonly difference?: string;
}

/** A pinned link of a load balancer. */
export interface PinnedLink {
  /** `xdp_eth0`, `tc_ingress_eth0`, `cgroup_connect4`. */
  readonly name: string;
  readonly info: LinkInfo;
  /** Name of the program that runs there, by the kernel's count of characters; undefined when it cannot be opened. */
  readonly programName?: string;
  /** When the program was loaded, milliseconds since 1970, to some hundredths of a second; undefined when it cannot be opened. */
  readonly loadedAt?: number;
}

/** What a load balancer has left in a folder of pins, whether or not a process runs on it. */
export interface PinnedState {
  readonly pins: string;
  /** Process that has the lock; undefined: none, or one that is not to be seen from here. */
  readonly holder?: number;
  readonly locked: boolean;
  readonly maps: readonly PinnedMap[];
  readonly links: readonly PinnedLink[];
  /** Programs of the links that use other maps than those that are pinned. */
  readonly mismatches: readonly MapMismatch[];
}

export interface InspectOptions {
  /** Go through the maps for the number of their entries; true when absent. */
  readonly countEntries?: boolean;
}

const layouts: Readonly<Record<string, AnyLayout>> = { ...catalog, ...flowCatalog };
/** Kinds of maps that refuse entries when they are full. */
const fills: ReadonlySet<string> = new Set(['hash', 'lpm_trie', 'hash_of_maps']);

/**
 * Reads what is pinned in a folder; undefined when there is no such folder, or it is in no BPF file system. Changes nothing: the lock is tried and given
 * back at once when it is free. Without CAP_SYS_ADMIN programs of others have no names.
 */
export function inspectPins(
  pins: string,
  { countEntries = true }: InspectOptions = {},
): PinnedState | undefined {
  if (!existsSync(pins) || !isBpffs(pins)) return undefined;
  const maps = new Map<string, BpfMap>();
  const links = new Map<string, Link>();
  try {
    for (const name of pinNames(pins)) open(() => maps.set(name, BpfMap.openPinned(join(pins, name))));
    const folder = linkFolder(pins);
    for (const name of existsSync(folder) ? pinNames(folder) : [])
      open(() => links.set(name, Link.openPinned(join(folder, name))));
    const ours = new Map([...maps].filter(([name]) => isWhole(name)));
    const attached = [...links].map(([name, link]) => ({ name, link }));
    const lock = FileLock.tryTake(pins);
    lock?.close();
    const holder = lock === undefined ? FileLock.holder(pins) : undefined;
    return {
      pins,
      locked: lock === undefined,
      ...(holder === undefined ? {} : { holder }),
      maps: [...ours].map(([name, map]) => describeMap(name, map, versionsIn(pins, maps), countEntries)),
      links: attached.map(({ name, link }) => describeLink(name, link, pins)),
      mismatches: findMapMismatches(sharedMaps(ours), attached, false, pins),
    };
  } finally {
    for (const one of [...maps.values(), ...links.values()]) one[Symbol.dispose]();
  }
}

const pinNames = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => name)
    .sort();

/** Under `NAME:ID` lies what waits to take a pin's place. */
const isWhole = (name: string) => !name.includes(':');

/** Tail call tables belong to the programs of one hook; those of several hooks have one name in the kernel. */
function sharedMaps(maps: ReadonlyMap<string, BpfMap>): Map<string, BpfMap> {
  return new Map([...maps].filter(([name]) => Object.hasOwn(layouts, name)));
}

/** Links and maps beside what is looked for, and what went meanwhile, are no business of ours. */
function open(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!['LBX_WRONG_KIND', 'ENOENT'].includes(String((error as { code?: unknown }).code))) throw error;
  }
}

function versionsIn(pins: string, maps: ReadonlyMap<string, BpfMap>): (map: BpfMap) => number {
  if (!maps.has('lbx_map_records')) return () => 1;
  const records = openMapRecords(pins, () => {});
  try {
    const known = new Map([...maps.values()].map((map) => [map.id, records.get(map)?.version ?? 1]));
    return ({ id }) => known.get(id) ?? 1;
  } finally {
    records.close();
  }
}

function describeMap(
  name: string,
  map: BpfMap,
  versionOf: (map: BpfMap) => number,
  count: boolean,
): PinnedMap {
  const info = map.info();
  const difference = differenceOf(name, map, versionOf(map));
  return {
    name,
    info,
    ...(count && fills.has(info.type) ? { entries: countEntries(map) } : {}),
    ...(difference === undefined ? {} : { difference }),
  };
}

function differenceOf(name: string, map: BpfMap, version: number): string | undefined {
  const layout = layouts[name];
  if (layout === undefined) return undefined;
  const known = layoutVersion(layoutHistory, name);
  if (version !== known) return `its layout has version ${version}, this lbx knows ${known}`;
  const wanted = `${layout.type}, key ${layout.key.size} bytes, value ${layout.valueSize} bytes`;
  const found = `${map.type}, key ${map.keySize} bytes, value ${map.valueSize} bytes`;
  return wanted === found ? undefined : `it is a ${found}; this lbx has ${wanted}`;
}

function describeLink(name: string, link: Link, pins: string): PinnedLink {
  const info = link.info();
  try {
    using program = openProgram(info.programId, pins);
    const bootedAt = Date.now() - 1000 * uptime();
    const loadedAt = Math.round(bootedAt + Number(program.info().loadedAtNs) / 1e6);
    return { name, info, programName: program.name, loadedAt };
  } catch (error) {
    if (['ENOENT', 'EPERM'].includes(String((error as { code?: unknown }).code))) return { name, info };
    throw error;
  }
}
