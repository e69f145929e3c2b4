import type { Btf } from '../btf/btf.ts';
import type { MapSpec } from './map-spec.ts';
import type { ProgramSpec } from './program-spec.ts';
import type { VariableSpec } from './variable-spec.ts';

/**
 * What a compiled BPF object declares: plain data, read without privilege, kernel or libbpf. The same file gives the
 * same spec on every machine.
 */
export interface ObjectSpec {
  /** File it was read from, when `parseObject` got a path. */
  readonly path?: string;
  readonly byteOrder: 'little' | 'big';
  /** Contents of the `license` section, such as `"Dual BSD/GPL"`; empty when there is none. */
  readonly license: string;
  /**
   * Maps by name: those of the `.maps` section in order of declaration, then the internal ones, which hold global
   * variables and are named for their section (`".rodata"`, `".data"`, `".bss"`, `".rodata.str1.1"`).
   */
  readonly maps: ReadonlyMap<string, MapSpec>;
  /** Programs by function name. */
  readonly programs: ReadonlyMap<string, ProgramSpec>;
  /** Global and static variables by C name. A global one wins over a static one of the same name. */
  readonly variables: ReadonlyMap<string, VariableSpec>;
  /** Types, with the offsets of variables filled in. */
  readonly btf: Btf;
}
