import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BpfMap } from 'libbpf-ts';
import type { Attachment } from './attach/attachment.ts';
import { openProgram } from './attach/program-pins.ts';

/** The kernel keeps that much of a map's name. */
const nameLength = 15;

/** What runs, or is pinned, is not what this load balancer writes. */
export interface MapMismatch {
  /** Name of the map. */
  readonly map: string;
  /** The kernel's id of the map that is written. */
  readonly ours: number;
  /** And of the one that is in use elsewhere; 0: none. */
  readonly theirs: number;
  /** Attachment whose program uses it, or path of the pin that names it. */
  readonly where: string;
  readonly message: string;
}

/**
 * Compares the maps that are written with those that the running programs use, and with those that are pinned. They are
 * the same unless somebody else exchanged a program or a pin: then what is written has no effect on packets, or the next
 * process will not find it.
 * @param programPins - the folder of pins that the programs of the attachments are pinned in.
 */
export function findMapMismatches(
  maps: ReadonlyMap<string, BpfMap>,
  attachments: readonly Pick<Attachment, 'name' | 'link'>[],
  pins: string | false,
  programPins = pins === false ? undefined : pins,
): MapMismatch[] {
  const ours = new Map([...maps].map(([name, { id }]) => [name.slice(0, nameLength), { name, id }] as const));
  const found: MapMismatch[] = [];
  const compared = new Map<number, MapsOfProgram>();
  const isOurs = new Set([...maps.values()].map(({ id }) => id));
  const usesOf = (programId: number) => {
    const known = compared.get(programId) ?? mapsOfProgram(programId, programPins, isOurs);
    compared.set(programId, known);
    return known;
  };
  for (const { name: where, link } of attachments) {
    const { programId, attached } = link.info();
    if (!attached) continue;
    const uses = usesOf(programId);
    if (uses === 'denied') {
      const message = `${where} runs a program (id ${programId}) that is none of those pinned here, and that takes CAP_SYS_ADMIN to look into: somebody else has replaced it; start lbx again`;
      found.push({ map: '', ours: 0, theirs: 0, where, message });
      continue;
    }
    for (const [kernelName, theirs] of uses) {
      const map = ours.get(kernelName);
      if (map === undefined || map.id === theirs) continue;
      const message = `${where} runs a program with another ${map.name} (map id ${theirs}) than the one that is written (${map.id}): somebody else has replaced it; start lbx again`;
      found.push({ map: map.name, ours: map.id, theirs, where, message });
    }
  }
  if (pins === false) return found;
  for (const { name, id } of ours.values()) {
    const where = join(pins, name);
    const theirs = pinnedId(where);
    if (theirs === id) continue;
    const what = theirs === 0 ? 'is gone or no map' : `is another map (id ${theirs})`;
    const message = `the pin ${where} ${what} than the one that is written (${id}): somebody else has changed it, and the next process would not take up this state; start lbx again`;
    found.push({ map: name, ours: id, theirs, where, message });
  }
  return found;
}

/** Names (as the kernel has them) and ids of maps; `denied` for a program of others, without CAP_SYS_ADMIN. */
type MapsOfProgram = readonly (readonly [string, number])[] | 'denied';

/** The maps of a program that may have gone meanwhile, but for those that are ours. */
function mapsOfProgram(id: number, pins: string | undefined, isOurs: ReadonlySet<number>): MapsOfProgram {
  try {
    using program = openProgram(id, pins);
    return program
      .info()
      .mapIds.filter((mapId) => !isOurs.has(mapId))
      .flatMap((mapId) => nameOfMap(mapId) ?? []);
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === 'ENOENT') return [];
    if (code === 'EPERM') return 'denied';
    throw error;
  }
}

/** A program of ours has maps that are not pinned; without CAP_SYS_ADMIN they stay unnamed. */
function nameOfMap(id: number): [readonly [string, number]] | undefined {
  try {
    using map = BpfMap.fromId(id);
    return [[map.name, id]];
  } catch (error) {
    if ((error as { code?: unknown }).code === 'EPERM') return undefined;
    throw error;
  }
}

function pinnedId(path: string): number {
  if (!existsSync(path)) return 0;
  try {
    using map = BpfMap.openPinned(path);
    return map.id;
  } catch {
    return 0;
  }
}
