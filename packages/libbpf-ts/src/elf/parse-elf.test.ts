import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { objectPath } from '../../test/object-path.ts';
import type { FormatError } from './format-error.ts';
import { parseElf } from './parse-elf.ts';

const rich = readFileSync(objectPath('rich'));

/** Offsets in the ELF header. */
const at = { class: 4, order: 5, tableOffset: 0x28, entrySize: 0x3a, count: 0x3c, namesIndex: 0x3e };

/** A copy of the object with some bytes changed. */
function changed(change: (view: DataView, bytes: Uint8Array) => void): Uint8Array {
  const bytes = new Uint8Array(rich);
  change(new DataView(bytes.buffer), bytes);
  return bytes;
}

/** Byte offset of a section's header in the object. */
function headerOf(name: string): number {
  const tableOffset = Number(new DataView(rich.buffer, rich.byteOffset).getBigUint64(at.tableOffset, true));
  return tableOffset + parseElf(rich).section(name)!.index * 64;
}

function errorOf(bytes: Uint8Array): Pick<FormatError, 'code' | 'message' | 'offset'> {
  try {
    parseElf(bytes).sections.map((section) => parseElf(bytes).relocationsOf(section));
  } catch (error) {
    return error as FormatError;
  }
  throw new Error('no error');
}

test('sections, symbols and relocations of a BPF object', () => {
  const elf = parseElf(rich);
  expect(elf).toMatchObject({ byteOrder: 'little', type: 1, machine: 247 });
  expect(elf.sections[0]).toMatchObject({ index: 0, name: '', size: 0 });
  expect(elf.section('xdp')).toMatchObject({ type: 1, flags: 6n, size: 736 });
  expect(elf.section('.bss')).toMatchObject({ type: 8, size: 112, data: new Uint8Array(0) });
  expect(elf.section('no such section')).toBeUndefined();
  expect(Buffer.from(elf.section('license')!.data).toString()).toBe('Dual BSD/GPL\0');
  expect(elf.symbols.find(({ name }) => name === 'rich_xdp')).toEqual({
    name: 'rich_xdp',
    value: 168n,
    size: 568n,
    binding: 'global',
    type: 'function',
    sectionIndex: elf.section('xdp')!.index,
  });
  const relocations = elf.relocationsOf(elf.section('.maps')!);
  expect(relocations.map(({ symbol }) => symbol.name)).toEqual(['first_table', 'rich_tail']);
  expect(elf.relocationsOf(elf.section('license')!)).toEqual([]);
});

test('a big-endian object', () => {
  const elf = parseElf(readFileSync(objectPath('big-endian')));
  expect(elf).toMatchObject({ byteOrder: 'big', type: 1, machine: 247 });
  expect(elf.symbols.some(({ name, type }) => name === 'big_tc' && type === 'function')).toBe(true);
  expect(elf.relocationsOf(elf.section('tc')!).map(({ symbol }) => symbol.name)).toContain('pairs');
});

test('the ELF file of another machine', () => {
  const elf = parseElf(readFileSync(process.execPath));
  expect(elf.machine).not.toBe(247);
  expect(elf.section('.text')!.data.length).toBeGreaterThan(1_000_000);
});

describe('what is wrong is said', () => {
  test.each<[string, Uint8Array, string, RegExp]>([
    ['empty', new Uint8Array(0), 'LBX_NOT_ELF', /the file is empty/],
    ['text', Buffer.from('kind: Service\n'), 'LBX_NOT_ELF', /it is text/],
    ['C', Buffer.from('#include <linux/bpf.h>\n'), 'LBX_NOT_ELF', /source text \(compile it first\)/],
    ['bitcode', Buffer.from('4243c0de35140000', 'hex'), 'LBX_NOT_ELF', /LLVM bitcode/],
    ['other bytes', Uint8Array.of(0, 1, 2, 255), 'LBX_NOT_ELF', /begins with 00 01 02 ff/],
    ['a cut header', rich.subarray(0, 40), 'LBX_ELF_INVALID', /40 of 64 bytes/],
    [
      'a cut file',
      rich.subarray(0, 15_000),
      'LBX_ELF_INVALID',
      /section table .* ends at 15000: it is cut short/,
    ],
    ['32 bits', changed((view) => view.setUint8(at.class, 1)), 'LBX_NOT_BPF', /32-bit ELF file/],
    ['class 9', changed((view) => view.setUint8(at.class, 9)), 'LBX_ELF_INVALID', /class 9/],
    ['order 3', changed((view) => view.setUint8(at.order, 3)), 'LBX_ELF_INVALID', /byte order 3/],
    [
      'entry size',
      changed((view) => view.setUint16(at.entrySize, 40, true)),
      'LBX_ELF_INVALID',
      /40 bytes instead of 64/,
    ],
    [
      'names index',
      changed((view) => view.setUint16(at.namesIndex, 4, true)),
      'LBX_ELF_INVALID',
      /section 4, which is no string table/,
    ],
    [
      'a section beyond the end',
      changed((view) => view.setBigUint64(headerOf('xdp') + 24, 1n << 40n, true)),
      'LBX_ELF_INVALID',
      /section 4 \(xdp\) lies at 1099511627776/,
    ],
    [
      'a name beyond its table',
      changed((view) => view.setUint32(headerOf('xdp'), 0xffffff, true)),
      'LBX_ELF_INVALID',
      /a name is at 16777215 of the section names/,
    ],
    [
      'half a symbol',
      changed((view) => view.setBigUint64(headerOf('.symtab') + 32, 950n, true)),
      'LBX_ELF_INVALID',
      /950 bytes in entries of 24/,
    ],
    [
      'a relocation without symbol',
      changed((view) => view.setUint32(parseElf(rich).section('.relxdp')!.offset + 12, 5000, true)),
      'LBX_ELF_INVALID',
      /symbol 5000, which does not exist/,
    ],
  ])('%s', (_, bytes, code, message) => {
    const error = errorOf(bytes);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });
});

test('more than 0xff00 sections are counted in section 0', () => {
  const bytes = changed((view) => {
    const table = Number(view.getBigUint64(at.tableOffset, true));
    view.setBigUint64(table + 32, BigInt(view.getUint16(at.count, true)), true);
    view.setUint32(table + 40, view.getUint16(at.namesIndex, true), true);
    view.setUint16(at.count, 0, true);
    view.setUint16(at.namesIndex, 0xffff, true);
  });
  expect(parseElf(bytes).sections.length).toBe(parseElf(rich).sections.length);
  expect(parseElf(bytes).section('.maps')?.size).toBe(360);
});
