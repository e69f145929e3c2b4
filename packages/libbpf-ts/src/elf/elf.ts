/** Byte order of an ELF file or of BTF. */
export type ByteOrder = 'little' | 'big';

/** A section of an ELF file. */
export interface ElfSection {
  readonly index: number;
  readonly name: string;
  /** `SHT_*`: see {@link sectionTypes}. */
  readonly type: number;
  /** `SHF_*`: see {@link sectionFlags}. */
  readonly flags: bigint;
  readonly address: bigint;
  /** Byte offset in the file. */
  readonly offset: number;
  /** Bytes, also of a section without contents in the file (`.bss`). */
  readonly size: number;
  /** Index of a section this one depends on: the strings of a symbol table, the symbols of relocations. */
  readonly link: number;
  /** For relocations, index of the section they change. */
  readonly info: number;
  /** Bytes per entry in a table, else 0. */
  readonly entrySize: number;
  /** Contents; empty for a section without contents in the file. */
  readonly data: Uint8Array;
}

/** A symbol of an ELF file. */
export interface ElfSymbol {
  readonly name: string;
  /** In a relocatable object, bytes from the start of the section. */
  readonly value: bigint;
  readonly size: bigint;
  readonly binding: 'local' | 'global' | 'weak' | 'other';
  readonly type: 'none' | 'object' | 'function' | 'section' | 'file' | 'other';
  /** Section it is in; 0 when it is undefined, from 0xff00 on reserved (absolute, common). */
  readonly sectionIndex: number;
}

/** A relocation: the bytes at `offset` depend on a symbol. */
export interface ElfRelocation {
  /** Bytes from the start of the section that is changed. */
  readonly offset: bigint;
  /** `R_BPF_*` and the like, by the file's machine. */
  readonly type: number;
  readonly symbol: ElfSymbol;
  /** Only in tables with addends (RELA). */
  readonly addend?: bigint;
}

/** A parsed ELF file. */
export interface Elf {
  readonly byteOrder: ByteOrder;
  /** `ET_*`: 1 relocatable object, 2 executable, 3 shared object. */
  readonly type: number;
  /** `EM_*`: 247 is BPF. */
  readonly machine: number;
  /** By index; the first is the empty section 0. */
  readonly sections: readonly ElfSection[];
  /** Symbols of `.symtab` by index; empty in a stripped file. */
  readonly symbols: readonly ElfSymbol[];
  /** The first section of that name. */
  section(name: string): ElfSection | undefined;
  /** Relocations that change that section. */
  relocationsOf(section: ElfSection): readonly ElfRelocation[];
}

/** Values of {@link ElfSection.type} that matter here. */
export const sectionTypes = { progbits: 1, symtab: 2, strtab: 3, rela: 4, nobits: 8, rel: 9 } as const;

/** Bits of {@link ElfSection.flags} that matter here. */
export const sectionFlags = { write: 1n, alloc: 2n, executable: 4n } as const;

/** Value of {@link Elf.type} for a relocatable object, the only kind a BPF loader takes. */
export const relocatable = 1;

/** Value of {@link Elf.machine} for BPF. */
export const machineBpf = 247;
