import { closeSync } from 'node:fs';
import { BpfError } from '../errors.ts';
import { permissionHint } from '../hint.ts';
import { type AttachType, attachTypes } from '../program-type.ts';
import { Attr, command } from '../sys/bpf.ts';
import { errnoNumber } from '../sys/errno.ts';
import { cgroupHint, openFolder } from './attach-cgroup.ts';
import { type TcDirection, tcxAttachType } from './attach-tcx.ts';
import { findInterface } from './network-interface.ts';
import { programNameById } from './xdp-query.ts';

const BPF_F_QUERY_EFFECTIVE = 1;

/** A program on a hook that several share, in the order they run. */
export interface AttachedProgram {
  readonly programId: number;
  readonly programName?: string;
  /** 0 when it is not there by a link. Known for tcx only. */
  readonly linkId?: number;
}

/**
 * Programs on a hook of a cgroup. `effective`: those that run for it, whether attached to it or to a parent. Shows
 * whether one's own is really asked.
 */
export function queryCgroup(options: {
  readonly path: string;
  readonly type: AttachType;
  readonly effective?: boolean;
}): AttachedProgram[] {
  const folder = openFolder(options.path, 'query cgroup');
  try {
    const flags = options.effective ? BPF_F_QUERY_EFFECTIVE : 0;
    const { result, programs } = query(folder, attachTypes[options.type], flags);
    if (result >= 0) return programs.map(({ linkId: _, ...program }) => program);
    throw new BpfError({
      errno: result,
      operation: `query ${options.type} of cgroup`,
      object: options.path,
      hint: cgroupHint(result, options.path),
    });
  } finally {
    closeSync(folder);
  }
}

/** Programs on a tcx hook of an interface of this network namespace. Empty on kernels without tcx. */
export function queryTcx(options: {
  readonly ifindex: number | string;
  readonly direction: TcDirection;
}): AttachedProgram[] {
  const { ifindex, label } = findInterface(options.ifindex);
  const { result, programs } = query(ifindex, tcxAttachType(options.direction), 0);
  if (result >= 0) return programs;
  if ([errnoNumber('ENOENT'), errnoNumber('EINVAL')].includes(-result)) return [];
  const hint = permissionHint(result, ['CAP_BPF', 'CAP_NET_ADMIN']);
  throw new BpfError({ errno: result, operation: `query tcx ${options.direction} of`, object: label, hint });
}

/** BPF_PROG_QUERY, again with more room when it was too small. */
function query(
  target: number,
  attachType: number,
  flags: number,
): { result: number; programs: AttachedProgram[] } {
  for (let room = 64; ; room *= 2) {
    const programIds = Buffer.alloc(room * 4);
    const linkIds = Buffer.alloc(room * 4);
    const attr = new Attr()
      .u32(0, target)
      .u32(4, attachType)
      .u32(8, flags)
      .pointer(16, programIds)
      .u32(24, room);
    // Cgroups know no link ids, and refuse to be asked for them.
    const tcx = attachType === attachTypes.tcx_ingress || attachType === attachTypes.tcx_egress;
    if (tcx) attr.pointer(40, linkIds);
    const result = attr.run(command.progQuery);
    if (result === -errnoNumber('ENOSPC') && room < 65536) continue;
    const count = result < 0 ? 0 : Math.min(room, attr.readU32(24));
    const programs = Array.from({ length: count }, (_, i) => {
      const programId = programIds.readUInt32LE(i * 4);
      const programName = programNameById(programId);
      return {
        programId,
        ...(programName === undefined ? {} : { programName }),
        linkId: linkIds.readUInt32LE(i * 4),
      };
    });
    return { result, programs };
  }
}
