import { createStringTable } from '../elf/string-table.ts';
import type { Btf } from './btf.ts';
import { parseBtfHeader } from './btf-header.ts';
import type { BtfRawDatasec } from './btf-type.ts';
import { createBtf } from './create-btf.ts';
import { scanTypes } from './scan-types.ts';

/**
 * Reads BTF: the `.BTF` section of an object, or `/sys/kernel/btf/vmlinux`. The result refers to `bytes`: do not
 * change them afterwards. Types of Linux 6.18 are known; a later kind is an error, as its length is unknown.
 *
 * ```ts
 * const btf = parseBtf(readFileSync('/sys/kernel/btf/vmlinux'));
 * btf.struct('udphdr').members[1]; // { name: 'dest', offset: 2, size: 2, type: '__be16', typeId: … }
 * ```
 *
 * @throws FormatError `LBX_BTF_INVALID`
 */
export function parseBtf(bytes: Uint8Array): Btf {
  return parseBtfWith(bytes, new Map());
}

/** {@link parseBtf} with some sections replaced, by type number: the offsets a compiler left open filled in. */
export function parseBtfWith(bytes: Uint8Array, datasecs: ReadonlyMap<number, BtfRawDatasec>): Btf {
  const header = parseBtfHeader(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const strings = createStringTable(
    bytes.subarray(header.stringsOffset, header.stringsOffset + header.stringsLength),
    'LBX_BTF_INVALID',
    'the BTF strings',
  );
  return createBtf(view, header.byteOrder === 'little', scanTypes(view, header), strings, datasecs);
}
