import { BpfProgram, TcNetlinkLink } from 'libbpf-ts';
import { CoreError } from '../errors.ts';
import { openProgram } from './program-pins.ts';

/**
 * Where filters of lbx are: behind those that others put to the front on purpose, before those that leave their place to
 * the kernel.
 */
const priority = 50;
/** "lbx" */
const handle = 0x6c6278;

/** A side of a device. */
export interface FilterPlace {
  readonly ifindex: number;
  readonly direction: 'ingress' | 'egress';
}

/** Adds a filter that outlives this process. @throws CoreError `LBX_HOOK_TAKEN`. */
export function addFilter(program: BpfProgram, device: string, place: FilterPlace): TcNetlinkLink {
  const { ifindex, direction } = place;
  try {
    const link = program.attachTc({ ifindex, direction, via: 'clsact', priority, handle }) as TcNetlinkLink;
    link.keep();
    return link;
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 'EEXIST') throw cause;
    const there = open(place);
    const name = there && programName(there.info().programId);
    throw new CoreError(
      'LBX_HOOK_TAKEN',
      `tc ${direction} of ${device} has a filter at priority ${priority}, handle ${handle} already: '${name ?? '?'}'; it is ` +
        'left as it is. Stop what added it, or remove a load balancer of another pin folder with `lbx cleanup --pins FOLDER`',
      { device, direction, priority, handle, programName: name },
      { cause },
    );
  }
}

/**
 * The filter of ours on a device: at our place, with a program of lbx that uses one of our maps. `pins`: the folder where
 * programs of ours are pinned.
 */
export function findFilter(
  place: FilterPlace,
  isOurMap: (id: number) => boolean,
  pins: string | undefined,
): TcNetlinkLink | undefined {
  const link = open(place);
  if (link === undefined) return undefined;
  const { programId } = link.info();
  return runsOurs(programId, isOurMap, pins) ? link : undefined;
}

function open({ ifindex, direction }: FilterPlace): TcNetlinkLink | undefined {
  try {
    return TcNetlinkLink.open({ ifindex, direction, priority, handle });
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return undefined;
    throw error;
  }
}

function runsOurs(programId: number, isOurMap: (id: number) => boolean, pins: string | undefined): boolean {
  try {
    using program = openProgram(programId, pins);
    return program.name.startsWith('lbx_') && program.info().mapIds.some(isOurMap);
  } catch (error) {
    // Gone; or none of those pinned here, and without CAP_SYS_ADMIN no more is to be known.
    if (['ENOENT', 'EPERM'].includes(String((error as { code?: unknown }).code))) return false;
    throw error;
  }
}

function programName(id: number): string | undefined {
  try {
    using program = BpfProgram.fromId(id);
    return program.name;
  } catch {
    return undefined;
  }
}
