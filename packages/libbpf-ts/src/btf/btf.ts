import type { BtfDatasec, BtfVariable } from './btf-datasec.ts';
import type { BtfStruct } from './btf-struct.ts';
import type { BtfEnum, BtfKind, BtfType } from './btf-type.ts';

/**
 * Parsed BTF: types by number and by name. Types are decoded when asked for, so that the whole of the kernel's BTF
 * (`/sys/kernel/btf/vmlinux`) costs a scan only.
 *
 * What is not there throws {@link FormatError} `LBX_BTF_UNKNOWN`; `find` and `has` are for asking.
 */
export interface Btf {
  /** Types including void: ids run from 0 to typeCount - 1. */
  readonly typeCount: number;
  /** The type with that number. */
  type(id: number): BtfType;
  /** The first type of that name and kind. */
  find(name: string, kind: BtfKind): BtfType | undefined;
  /** Whether there is a type of that name and kind. */
  has(name: string, kind: BtfKind): boolean;
  /**
   * The struct or union of that name (without "struct"), or a typedef of one; anonymous members are flattened. The
   * kernel has several of some names: this is the first.
   */
  struct(name: string): BtfStruct;
  /** The same for a type number; typedefs and qualifiers are looked through. */
  structOf(id: number): BtfStruct;
  /** The enum of that name. */
  enum(name: string): BtfEnum;
  /**
   * The variables of a section. A compiler leaves offsets of global variables and the section's size 0 (a loader takes
   * them from the ELF symbols); `parseObject(...).btf` has them filled in, `parseBtf` of a raw section has not.
   */
  datasec(name: string): BtfDatasec;
  /** The variable of that name; see {@link Btf.datasec} about its offset. */
  variable(name: string): BtfVariable;
  /** Bytes a value of the type takes. */
  sizeOf(id: number): number;
  /** C name of a type, typedefs kept: `"__be16"`, `"struct lb4_key"`, `"char[16]"`, `"int (*)(void *)"`. */
  typeName(id: number): string;
  /** The type behind typedefs, qualifiers and type tags. */
  resolve(id: number): BtfType;
}
