import { FormatError } from '../elf/format-error.ts';
import type { BtfHeader } from './btf-header.ts';
import { btfKinds } from './btf-type.ts';

/** Bytes of the record every type begins with (`struct btf_type`). */
export const recordSize = 12;

/** Where the types are in the bytes; void, id 0, has no record. */
export interface ScannedTypes {
  /** By id: byte offset of the record from the blob's start. */
  readonly offsets: Uint32Array;
  /** By id: kind number. */
  readonly kinds: Uint8Array;
}

/** By kind number: bytes after the record, fixed and per element (`vlen`). */
const tails: readonly (readonly [fixed: number, each: number])[] = [
  [0, 0], // void
  [4, 0], // int
  [0, 0], // ptr
  [12, 0], // array
  [0, 12], // struct
  [0, 12], // union
  [0, 8], // enum
  [0, 0], // fwd
  [0, 0], // typedef
  [0, 0], // volatile
  [0, 0], // const
  [0, 0], // restrict
  [0, 0], // func
  [0, 8], // func_proto
  [4, 0], // var
  [0, 12], // datasec
  [0, 0], // float
  [4, 0], // decl_tag
  [0, 0], // type_tag
  [0, 12], // enum64
];

/**
 * Finds all type records in one pass, so that any of them can be decoded later without bounds checks of its own.
 *
 * @throws FormatError `LBX_BTF_INVALID` when a record has an unknown kind or reaches beyond the types
 */
export function scanTypes(view: DataView, header: BtfHeader): ScannedTypes {
  const little = header.byteOrder === 'little';
  const end = header.typesOffset + header.typesLength;
  const most = 1 + Math.floor(header.typesLength / recordSize);
  const offsets = new Uint32Array(most);
  const kinds = new Uint8Array(most);
  let count = 1;
  let at = header.typesOffset;
  while (at < end) {
    if (at + recordSize > end) {
      throw new FormatError('LBX_BTF_INVALID', `BTF type ${count} is cut short`, { offset: at });
    }
    const info = view.getUint32(at + 4, little);
    const kind = (info >>> 24) & 0x1f;
    const tail = tails[kind];
    if (kind === 0 || tail === undefined) {
      throw new FormatError(
        'LBX_BTF_INVALID',
        `BTF type ${count} is of unknown kind ${kind}; known are 1 to ${btfKinds.length - 1} (Linux 6.18)`,
        { offset: at },
      );
    }
    offsets[count] = at;
    kinds[count] = kind;
    at += recordSize + tail[0] + tail[1] * (info & 0xffff);
    if (at > end) {
      throw new FormatError('LBX_BTF_INVALID', `BTF type ${count} (${btfKinds[kind]}) is cut short`, {
        offset: offsets[count]!,
      });
    }
    count++;
  }
  return { offsets: offsets.subarray(0, count), kinds: kinds.subarray(0, count) };
}
