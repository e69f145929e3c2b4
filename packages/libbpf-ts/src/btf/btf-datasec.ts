import type { BtfLinkage } from './btf-type.ts';

/** A variable as BTF knows it. */
export interface BtfVariable {
  readonly name: string;
  /** The `var` type. */
  readonly id: number;
  /** What it is a variable of, with its qualifiers. */
  readonly typeId: number;
  /** C name without qualifiers on the outside: `const volatile __u32 x` is `"__u32"`. */
  readonly type: string;
  readonly linkage: BtfLinkage;
  /** Section it lives in; absent if no DATASEC lists it. */
  readonly section?: string;
  /** Bytes from the start of its section. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
}

/** The variables of one ELF section. */
export interface BtfDatasec {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** By offset. */
  readonly variables: readonly BtfVariable[];
}
