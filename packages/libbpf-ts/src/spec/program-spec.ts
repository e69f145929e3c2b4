import type { AttachType, ProgramType } from '../program-type.ts';

/** A program of an object. */
export interface ProgramSpec {
  /** The C function's name. */
  readonly name: string;
  /** The SEC() name as written, such as `"xdp"`, `"tc"`, `"cgroup/connect4"`, `"?kprobe/do_sys_open"`. */
  readonly section: string;
  /** From the section's name; `'unspec'` when that tells nothing. */
  readonly type: ProgramType;
  /** From the section's name, where its kind of program has one. */
  readonly expectedAttachType?: AttachType;
  /** What the section's name asks to be attached to: `do_sys_open` of `SEC("kprobe/do_sys_open")`. */
  readonly attachTo?: string;
  /** False for sections that begin with `?`: loaded only when asked for. */
  readonly autoload: boolean;
  /** Whether the section's name makes it sleepable (`fentry.s`, `lsm.s`). */
  readonly sleepable: boolean;
  /** Whether the section's name declares support for multi-buffer packets (`xdp.frags`). */
  readonly frags: boolean;
  /** Bytes from the start of the section. */
  readonly offset: number;
  /** Own instructions of 8 bytes; functions in `.text` that a loader appends are not counted. */
  readonly instructionCount: number;
}
