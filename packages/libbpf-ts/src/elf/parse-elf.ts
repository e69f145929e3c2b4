import { describeBytes } from './describe-bytes.ts';
import type { ByteOrder, Elf, ElfRelocation, ElfSection, ElfSymbol } from './elf.ts';
import { sectionTypes } from './elf.ts';
import {
  elfLayout,
  headerSize,
  type RawHeader,
  type RawRelocation,
  type RawSection,
  relaSize,
  relSize,
  sectionSize,
  symbolSize,
} from './elf-layout.ts';
import { FormatError } from './format-error.ts';
import { createStringTable, type StringTable } from './string-table.ts';

/** Identification and header of an ELF file. */
export interface ElfHeader extends RawHeader {
  byteOrder: ByteOrder;
}

/**
 * Reads the header only.
 *
 * @throws FormatError `LBX_NOT_ELF`, `LBX_ELF_INVALID`
 */
export function parseElfHeader(bytes: Uint8Array): ElfHeader {
  if (bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46) {
    throw new FormatError('LBX_NOT_ELF', `not an ELF file: ${describeBytes(bytes)}`);
  }
  if (bytes.length < headerSize) {
    throw invalid(
      `the file ends within the ELF header: ${bytes.length} of ${headerSize} bytes; copy it again`,
      0,
    );
  }
  if (bytes[4] === 1) {
    throw new FormatError(
      'LBX_NOT_BPF',
      'a 32-bit ELF file; BPF objects have 64 bits: compile with clang -target bpf',
    );
  }
  if (bytes[4] !== 2) throw invalid(`ELF class ${bytes[4]} is neither 32-bit (1) nor 64-bit (2)`, 4);
  if (bytes[5] !== 1 && bytes[5] !== 2)
    throw invalid(`ELF byte order ${bytes[5]} is neither little (1) nor big (2)`, 5);
  const byteOrder: ByteOrder = bytes[5] === 1 ? 'little' : 'big';
  return { ...elfLayout(byteOrder).header(bytes.subarray(0, headerSize)), byteOrder };
}

/**
 * Reads a 64-bit ELF file of either byte order: sections, symbols, relocations. The result refers to `bytes`: do not
 * change them afterwards. All offsets and counts in the file are checked; nothing outside `bytes` is ever read.
 *
 * @throws FormatError `LBX_NOT_ELF`, `LBX_NOT_BPF` (32-bit), `LBX_ELF_INVALID`
 */
export function parseElf(bytes: Uint8Array): Elf {
  const header = parseElfHeader(bytes);
  const layout = elfLayout(header.byteOrder);
  const sections = readSections(bytes, header);
  const tables = new Map<number, StringTable>();

  const strings = (index: number, whose: string): StringTable => {
    let table = tables.get(index);
    if (table === undefined) {
      const section = sections[index];
      if (section === undefined || section.type !== sectionTypes.strtab) {
        throw invalid(`${whose} has its names in section ${index}, which is no string table`);
      }
      table = createStringTable(section.data, 'LBX_ELF_INVALID', `section ${index} (${section.name})`);
      tables.set(index, table);
    }
    return table;
  };

  const symtab = sections.find((section) => section.type === sectionTypes.symtab);
  const symbols: ElfSymbol[] = [];
  if (symtab !== undefined) {
    const names = strings(symtab.link, 'the symbol table');
    for (const raw of layout.symbols(wholeEntries(symtab, symbolSize))) {
      symbols.push({
        name: names.at(raw.name),
        value: raw.value,
        size: raw.size,
        binding: bindings[raw.info >> 4] ?? 'other',
        type: symbolTypes[raw.info & 0xf] ?? 'other',
        sectionIndex: raw.sectionIndex,
      });
    }
  }

  const byName = new Map<string, ElfSection>();
  for (const section of sections.toReversed()) byName.set(section.name, section);

  const toRelocation = (table: ElfSection, raw: RawRelocation): ElfRelocation => {
    const index = Number(raw.info >> 32n);
    const symbol = symbols[index];
    if (table.link !== symtab?.index || symbol === undefined) {
      throw invalid(
        `a relocation in ${table.name} refers to symbol ${index}, which does not exist`,
        table.offset,
      );
    }
    const relocation = { offset: raw.offset, type: Number(raw.info & 0xffffffffn), symbol };
    return raw.addend === undefined ? relocation : { ...relocation, addend: raw.addend };
  };

  return {
    byteOrder: header.byteOrder,
    type: header.type,
    machine: header.machine,
    sections,
    symbols,
    section: (name) => byName.get(name),
    relocationsOf: (target) =>
      sections.flatMap((table) => {
        if (target.index === 0 || table.info !== target.index) return [];
        if (table.type === sectionTypes.rel) {
          return layout.rels(wholeEntries(table, relSize)).map((raw) => toRelocation(table, raw));
        }
        if (table.type === sectionTypes.rela) {
          return layout.relas(wholeEntries(table, relaSize)).map((raw) => toRelocation(table, raw));
        }
        return [];
      }),
  };
}

const bindings = ['local', 'global', 'weak'] as const;
const symbolTypes = ['none', 'object', 'function', 'section', 'file'] as const;

function readSections(bytes: Uint8Array, header: ElfHeader): ElfSection[] {
  const start = header.sectionTableOffset;
  if (start === 0n) return [];
  if (header.sectionEntrySize !== sectionSize) {
    throw invalid(`section headers of ${header.sectionEntrySize} bytes instead of ${sectionSize}`, 0x3a);
  }
  const layout = elfLayout(header.byteOrder);
  const slice = (count: number): Uint8Array => {
    const end = start + BigInt(count * sectionSize);
    if (end > BigInt(bytes.length)) {
      throw invalid(
        `the section table lies at ${start}..${end}, the file ends at ${bytes.length}: it is cut short; copy or compile it again`,
        0x28,
      );
    }
    return bytes.subarray(Number(start), Number(end));
  };
  // Section 0 holds the numbers that do not fit into the header's 16 bits.
  const [first] = layout.sections(slice(1));
  const count =
    header.sectionCount === 0 ? toNumber(first!.size, 'number of sections', 0) : header.sectionCount;
  const namesIndex = header.sectionNamesIndex === 0xffff ? first!.link : header.sectionNamesIndex;
  const raws = layout.sections(slice(count));
  const namesSection = raws[namesIndex];
  if (namesIndex !== 0 && namesSection?.type !== sectionTypes.strtab) {
    throw invalid(`section names are in section ${namesIndex}, which is no string table`, 0x3e);
  }
  const names = createStringTable(
    namesSection === undefined || namesIndex === 0
      ? new Uint8Array(0)
      : contents(bytes, namesSection, 'of section names'),
    'LBX_ELF_INVALID',
    'the section names',
  );
  return raws.map((raw, index) => {
    const name = namesIndex === 0 ? '' : names.at(raw.name);
    const what = `${index} (${name})`;
    return {
      index,
      name,
      type: raw.type,
      flags: raw.flags,
      address: raw.address,
      offset: toNumber(raw.offset, `offset of section ${what}`),
      // Section 0 is not a section: its size field may count sections.
      size: index === 0 ? 0 : toNumber(raw.size, `size of section ${what}`),
      link: raw.link,
      info: raw.info,
      entrySize: toNumber(raw.entrySize, `entry size of section ${what}`),
      data: index === 0 ? new Uint8Array(0) : contents(bytes, raw, what),
    };
  });
}

function contents(bytes: Uint8Array, raw: RawSection, what: string): Uint8Array {
  if (raw.type === sectionTypes.nobits || raw.type === 0) return new Uint8Array(0);
  if (raw.offset + raw.size > BigInt(bytes.length)) {
    throw invalid(
      `section ${what} lies at ${raw.offset}..${raw.offset + raw.size}, the file ends at ${bytes.length}: it is cut short; copy or compile it again`,
    );
  }
  return bytes.subarray(Number(raw.offset), Number(raw.offset + raw.size));
}

/** A table's bytes, or an error when they are not a whole number of entries. */
function wholeEntries(section: ElfSection, entrySize: number): Uint8Array {
  if (section.entrySize !== entrySize || section.size % entrySize !== 0) {
    throw invalid(
      `section ${section.index} (${section.name}) has ${section.size} bytes in entries of ${section.entrySize}; expected whole entries of ${entrySize}`,
      section.offset,
    );
  }
  return section.data;
}

function toNumber(value: bigint, what: string, offset?: number): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw invalid(`${what} is ${value}`, offset);
  return Number(value);
}

function invalid(reason: string, offset?: number): FormatError {
  return new FormatError('LBX_ELF_INVALID', reason, { offset });
}
