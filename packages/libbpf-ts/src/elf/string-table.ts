import { FormatError, type FormatErrorCode } from './format-error.ts';

/** Longest name accepted; the kernel's own limit for BTF names is 511. */
const maxLength = 4096;

/** A table of NUL-terminated strings addressed by byte offset. */
export interface StringTable {
  /** The string at that offset; throws when it is outside, unterminated or absurdly long. */
  at(offset: number): string;
}

/**
 * Wraps the bytes of an ELF or BTF string table. Nothing is decoded until asked for, and each string once.
 *
 * @param code code of the errors thrown
 * @param what name of the table in their messages
 */
export function createStringTable(bytes: Uint8Array, code: FormatErrorCode, what: string): StringTable {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const known = new Map<number, string>();
  return {
    at(offset) {
      const seen = known.get(offset);
      if (seen !== undefined) return seen;
      if (offset === 0 && buffer.length === 0) return '';
      if (offset >= buffer.length) {
        throw new FormatError(code, `a name is at ${offset} of ${what}, which has ${buffer.length} bytes`);
      }
      const end = buffer.indexOf(0, offset);
      if (end === -1 || end - offset > maxLength) {
        throw new FormatError(
          code,
          `the name at ${offset} of ${what} does not end within ${maxLength} bytes`,
        );
      }
      const name = buffer.toString('utf8', offset, end);
      known.set(offset, name);
      return name;
    },
  };
}
