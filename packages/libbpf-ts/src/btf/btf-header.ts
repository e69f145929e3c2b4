/// <reference path="../elf/binary-parser.d.ts" />
import { Parser } from 'binary-parser';
import type { ByteOrder } from '../elf/elf.ts';
import { FormatError } from '../elf/format-error.ts';

/** Where in a BTF blob its two parts are; offsets in bytes from the blob's start. */
export interface BtfHeader {
  readonly byteOrder: ByteOrder;
  readonly typesOffset: number;
  readonly typesLength: number;
  readonly stringsOffset: number;
  readonly stringsLength: number;
}

/** `struct btf_header` (include/uapi/linux/btf.h) after its 16-bit magic number. */
interface RawBtfHeader {
  version: number;
  headerLength: number;
  typesOffset: number;
  typesLength: number;
  stringsOffset: number;
  stringsLength: number;
}

const magic = 0xeb9f;
const minLength = 24;

function headerParser(order: ByteOrder): Parser {
  return new Parser()
    .endianness(order)
    .seek(2)
    .uint8('version')
    .seek(1) // flags
    .uint32('headerLength')
    .uint32('typesOffset')
    .uint32('typesLength')
    .uint32('stringsOffset')
    .uint32('stringsLength');
}

/**
 * Reads and checks the header: afterwards both parts are known to lie within `bytes`.
 *
 * @throws FormatError `LBX_BTF_INVALID`
 */
export function parseBtfHeader(bytes: Uint8Array): BtfHeader {
  if (bytes.length < minLength) {
    throw invalid(`BTF needs a header of ${minLength} bytes, there are ${bytes.length}`, 0);
  }
  const first = bytes[0]! | (bytes[1]! << 8);
  const swapped = (bytes[0]! << 8) | bytes[1]!;
  if (first !== magic && swapped !== magic) {
    throw invalid(
      `BTF begins with 0x${magic.toString(16)}, found 0x${first.toString(16)}; is this a .BTF section?`,
      0,
    );
  }
  const byteOrder: ByteOrder = first === magic ? 'little' : 'big';
  const raw = headerParser(byteOrder).parse(bytes.subarray(0, minLength)) as RawBtfHeader;
  if (raw.version !== 1) throw invalid(`BTF version ${raw.version}; only 1 is known`, 2);
  if (raw.headerLength < minLength)
    throw invalid(`BTF header length ${raw.headerLength} is under ${minLength}`, 4);
  const typesOffset = raw.headerLength + raw.typesOffset;
  const stringsOffset = raw.headerLength + raw.stringsOffset;
  const ends: readonly [string, number, number][] = [
    ['types', typesOffset, typesOffset + raw.typesLength],
    ['strings', stringsOffset, stringsOffset + raw.stringsLength],
  ];
  for (const [what, start, end] of ends) {
    if (end > bytes.length) {
      throw invalid(
        `the BTF ${what} lie at ${start}..${end}, the BTF ends at ${bytes.length}: it is cut short`,
        8,
      );
    }
  }
  return {
    byteOrder,
    typesOffset,
    typesLength: raw.typesLength,
    stringsOffset,
    stringsLength: raw.stringsLength,
  };
}

function invalid(reason: string, offset: number): FormatError {
  return new FormatError('LBX_BTF_INVALID', reason, { offset });
}
