import { closeSync } from 'node:fs';
import { BpfError } from '../errors.ts';
import { readProgramInfo } from '../program/program-info.ts';
import { Attr, command } from '../sys/bpf.ts';
import { libbpf } from '../sys/libbpf.ts';
import { findInterface } from './network-interface.ts';

/** Where an XDP program runs: in the driver, on the generic path behind it, or on the card. */
export type XdpMode = 'native' | 'generic' | 'offload';

/** A program that is on an interface now. */
export interface XdpProgram {
  readonly mode: XdpMode;
  readonly programId: number;
  /** Its name, where this process may read it (CAP_SYS_ADMIN). */
  readonly programName?: string;
}

/** Offsets of `struct bpf_xdp_query_opts`. */
const options = { size: 32, native: 12, offload: 16, generic: 20 } as const;

/** Who is on the XDP hook of an interface, through whatever it was attached. Needs libbpf, no privilege. */
export function queryXdp(interfaceOrIndex: number | string): XdpProgram[] {
  const { ifindex, label } = findInterface(interfaceOrIndex);
  const bytes = Buffer.alloc(options.size);
  bytes.writeBigUInt64LE(BigInt(options.size), 0);
  const result = libbpf().bpf_xdp_query(ifindex, 0, bytes);
  if (result < 0) throw new BpfError({ errno: result, operation: 'query XDP of', object: label });
  const found = (['native', 'generic', 'offload'] as const).map((mode) => ({
    mode,
    programId: bytes.readUInt32LE(options[mode]),
  }));
  return found
    .filter(({ programId }) => programId !== 0)
    .map((program) => ({ ...program, ...nameOf(program.programId) }));
}

function nameOf(programId: number): { programName?: string } {
  const programName = programNameById(programId);
  return programName === undefined ? {} : { programName };
}

/** Name of a program by id, or undefined when it is gone or may not be opened. */
export function programNameById(id: number): string | undefined {
  const fd = new Attr().u32(0, id).run(command.progGetFdById);
  if (fd < 0) return undefined;
  try {
    return readProgramInfo(fd).name;
  } finally {
    closeSync(fd);
  }
}
