/// <reference path="./binary-parser.d.ts" />
import { Parser } from 'binary-parser';
import type { ByteOrder } from './elf.ts';

/** The file header after its 16 identification bytes (`Elf64_Ehdr`, ELF-64 object file format 1.5). */
export interface RawHeader {
  type: number;
  machine: number;
  sectionTableOffset: bigint;
  headerSize: number;
  sectionEntrySize: number;
  sectionCount: number;
  sectionNamesIndex: number;
}

/** `Elf64_Shdr` */
export interface RawSection {
  name: number;
  type: number;
  flags: bigint;
  address: bigint;
  offset: bigint;
  size: bigint;
  link: number;
  info: number;
  entrySize: bigint;
}

/** `Elf64_Sym` */
interface RawSymbol {
  name: number;
  info: number;
  sectionIndex: number;
  value: bigint;
  size: bigint;
}

/** `Elf64_Rel`, and with addend `Elf64_Rela` */
export interface RawRelocation {
  offset: bigint;
  info: bigint;
  addend?: bigint;
}

const identSize = 16;
export const headerSize = 64;
export const sectionSize = 64;
export const symbolSize = 24;
export const relSize = 16;
export const relaSize = 24;

/** Readers of the fixed layouts in one byte order; callers check that the bytes are there. */
export interface ElfLayout {
  header(bytes: Uint8Array): RawHeader;
  sections(bytes: Uint8Array): RawSection[];
  symbols(bytes: Uint8Array): RawSymbol[];
  rels(bytes: Uint8Array): RawRelocation[];
  relas(bytes: Uint8Array): RawRelocation[];
}

const layouts = new Map<ByteOrder, ElfLayout>();

/** The readers for a byte order, made when first needed. */
export function elfLayout(order: ByteOrder): ElfLayout {
  let layout = layouts.get(order);
  if (layout === undefined) {
    layout = createLayout(order);
    layouts.set(order, layout);
  }
  return layout;
}

function createLayout(order: ByteOrder): ElfLayout {
  const record = (): Parser => new Parser().endianness(order);
  const header = record()
    .seek(identSize)
    .uint16('type')
    .uint16('machine')
    .seek(4 + 8 + 8) // version, entry, program headers
    .uint64('sectionTableOffset')
    .seek(4) // flags
    .uint16('headerSize')
    .seek(2 + 2) // program header size and count
    .uint16('sectionEntrySize')
    .uint16('sectionCount')
    .uint16('sectionNamesIndex');
  const section = record()
    .uint32('name')
    .uint32('type')
    .uint64('flags')
    .uint64('address')
    .uint64('offset')
    .uint64('size')
    .uint32('link')
    .uint32('info')
    .seek(8) // alignment
    .uint64('entrySize');
  const symbol = record()
    .uint32('name')
    .uint8('info')
    .seek(1) // visibility
    .uint16('sectionIndex')
    .uint64('value')
    .uint64('size');
  const rel = record().uint64('offset').uint64('info');
  const rela = record().uint64('offset').uint64('info').int64('addend');
  const table = <T>(entry: Parser): ((bytes: Uint8Array) => T[]) => {
    const parser = new Parser().array('entries', { type: entry, readUntil: 'eof' });
    return (bytes) => (bytes.length === 0 ? [] : (parser.parse(bytes) as { entries: T[] }).entries);
  };
  return {
    header: (bytes) => header.parse(bytes) as RawHeader,
    sections: table<RawSection>(section),
    symbols: table<RawSymbol>(symbol),
    rels: table<RawRelocation>(rel),
    relas: table<RawRelocation>(rela),
  };
}
