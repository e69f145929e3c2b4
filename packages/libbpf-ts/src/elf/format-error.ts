/**
 * Stable codes of what can be wrong with an object, an ELF file or BTF:
 *
 * - `LBX_OBJECT_UNREADABLE` the file could not be read (the cause has the errno)
 * - `LBX_NOT_ELF` no ELF file at all
 * - `LBX_NOT_BPF` an ELF file, but not a BPF object
 * - `LBX_ELF_INVALID` truncated or contradictory ELF
 * - `LBX_BTF_MISSING` no `.BTF` section
 * - `LBX_BTF_INVALID` truncated or contradictory BTF
 * - `LBX_BTF_UNKNOWN` the BTF has no type, variable or section of that name
 * - `LBX_OBJECT_INVALID` a map, program or variable of the object makes no sense
 */
export type FormatErrorCode =
  | 'LBX_OBJECT_UNREADABLE'
  | 'LBX_NOT_ELF'
  | 'LBX_NOT_BPF'
  | 'LBX_ELF_INVALID'
  | 'LBX_BTF_MISSING'
  | 'LBX_BTF_INVALID'
  | 'LBX_BTF_UNKNOWN'
  | 'LBX_OBJECT_INVALID';

/** What a {@link FormatError} carries besides its message. */
export interface FormatErrorDetails {
  /** File the bytes came from, where known. */
  readonly path?: string | undefined;
  /** Byte offset the complaint is about: in the file for ELF, in the BTF blob for BTF. */
  readonly offset?: number | undefined;
  readonly cause?: unknown;
}

/** Bytes that are not what they should be. The message says what was found and what to do; match on `code`. */
export class FormatError extends Error {
  readonly code: FormatErrorCode;
  readonly path: string | undefined;
  readonly offset: number | undefined;
  /** The message without path and offset. */
  readonly reason: string;

  constructor(code: FormatErrorCode, reason: string, details: FormatErrorDetails = {}) {
    const { path, offset } = details;
    const at = offset === undefined ? '' : ` (at byte ${offset})`;
    super(`${path === undefined ? '' : `${path}: `}${reason}${at}`, { cause: details.cause });
    this.name = 'FormatError';
    this.code = code;
    this.reason = reason;
    this.path = path;
    this.offset = offset;
  }

  /** The same error with the file's name in its message; unchanged if it has one. */
  withPath(path: string): FormatError {
    if (this.path !== undefined) return this;
    return new FormatError(this.code, this.reason, { path, offset: this.offset, cause: this.cause });
  }
}
