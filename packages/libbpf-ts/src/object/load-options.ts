import type { BpfMap } from '../map/map.ts';
import type { NewMap } from '../map/map-create.ts';
import type { AttachType } from '../program-type.ts';
import type { VariableValue } from './variable-bytes.ts';

/** What is changed of one map before it is made. */
export interface MapOptions {
  readonly maxEntries?: number;
  /** In place of the object's flags. */
  readonly flags?: number;
  readonly numaNode?: number;
  /**
   * Use this map (or fd; it stays yours) instead of making one. Its type, sizes and flags must be the object's:
   * MapMismatchError lists what is not. `maxEntries` is compared only when it is given here as well.
   */
  readonly reuse?: BpfMap | number;
  /**
   * A path on a bpffs: what is pinned there is used (and compared as with `reuse`), else the new map is pinned there.
   * `false` leaves out what the object itself asks for (`LIBBPF_PIN_BY_NAME`).
   */
  readonly pin?: string | false;
  /** Template of the inner maps of a map of maps, as an existing map … */
  readonly innerMap?: BpfMap;
  /** … or as a spec. */
  readonly innerSpec?: NewMap;
}

/** What is changed of one program before it is loaded. */
export interface ProgramOptions {
  /** Whether to load it. Default: what the object says (true, unless the section's name begins with `?`). */
  readonly autoload?: boolean;
  readonly expectedAttachType?: AttachType;
}

export interface LoadOptions {
  /**
   * Values of global variables by C name, before the program is verified: `const volatile` ones become known constants.
   * Numbers are values: a variable of type `__be16`, `__be32` or `__be64` gets them in network byte order, others in the
   * machine's. Bytes are taken as they are and must be as many as the variable has.
   */
  readonly variables?: Readonly<Record<string, VariableValue>>;
  readonly maps?: Readonly<Record<string, MapOptions>>;
  readonly programs?: Readonly<Record<string, ProgramOptions>>;
  /** Folder on a bpffs for maps that the object wants pinned by name. Default `/sys/fs/bpf`. */
  readonly pinPath?: string;
  /**
   * The verifier's log: 0 (default) only when a program is refused; 1 and 2 always, with less or more detail; 4 numbers
   * only. Read it with {@link BpfObject.log}.
   */
  readonly logLevel?: 0 | 1 | 2 | 4;
  /** Bytes of log per program. Default 1 MiB, and more by itself when a refusal does not fit. */
  readonly logSize?: number;
  /** BTF of the kernel for CO-RE relocations, where `/sys/kernel/btf/vmlinux` is missing. */
  readonly kernelBtf?: string;
}
