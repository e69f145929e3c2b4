import { FormatError } from '../elf/format-error.ts';
import { type BtfLinkage, type BtfType, btfKinds } from './btf-type.ts';
import { recordSize } from './scan-types.ts';

/** What decoding needs to know of the blob around a record. */
export interface TypeSource {
  readonly view: DataView;
  readonly little: boolean;
  /** Types including void: every reference must be below. */
  readonly typeCount: number;
  string(offset: number): string;
}

const linkages: readonly BtfLinkage[] = ['static', 'global', 'extern'];

/**
 * Decodes the type record at a byte offset. Layouts: include/uapi/linux/btf.h.
 *
 * @param at offset found by scanTypes, which has checked that the whole record is there
 * @throws FormatError `LBX_BTF_INVALID` when it refers to a type or a string that does not exist
 */
export function decodeType(source: TypeSource, id: number, at: number): BtfType {
  const { view, little } = source;
  const u32 = (offset: number): number => view.getUint32(offset, little);
  const info = u32(at + 4);
  const length = info & 0xffff;
  const flag = info >>> 31 === 1;
  const third = u32(at + 8);
  const tail = at + recordSize;
  const name = source.string(u32(at));

  const reference = (typeId: number): number => {
    if (typeId >= source.typeCount) {
      throw new FormatError(
        'LBX_BTF_INVALID',
        `BTF type ${id} (${name}) refers to type ${typeId}; the last one is ${source.typeCount - 1}`,
        { offset: at },
      );
    }
    return typeId;
  };
  const linkage = (number: number): BtfLinkage => {
    const known = linkages[number];
    if (known !== undefined) return known;
    throw new FormatError('LBX_BTF_INVALID', `BTF type ${id} (${name}) has linkage ${number}`, {
      offset: at,
    });
  };
  const list = <T>(each: number, read: (offset: number) => T): T[] => {
    const items: T[] = [];
    for (let i = 0; i < length; i++) items.push(read(tail + i * each));
    return items;
  };

  const kind = btfKinds[(info >>> 24) & 0x1f];
  switch (kind) {
    case 'int': {
      const bits = u32(tail);
      const encoding = bits & 0x04000000 ? 'bool' : bits & 0x02000000 ? 'char' : 'integer';
      const signed = (bits & 0x01000000) !== 0;
      return {
        kind,
        id,
        name,
        size: third,
        bits: bits & 0xff,
        bitOffset: (bits >>> 16) & 0xff,
        signed,
        encoding,
      };
    }
    case 'ptr':
    case 'typedef':
    case 'volatile':
    case 'const':
    case 'restrict':
    case 'type_tag':
      return { kind, id, name, typeId: reference(third) };
    case 'array':
      return {
        kind,
        id,
        name,
        elementTypeId: reference(u32(tail)),
        indexTypeId: reference(u32(tail + 4)),
        length: u32(tail + 8),
      };
    case 'struct':
    case 'union':
      return {
        kind,
        id,
        name,
        size: third,
        members: list(12, (offset) => {
          const position = u32(offset + 8);
          return {
            name: source.string(u32(offset)),
            typeId: reference(u32(offset + 4)),
            bitOffset: flag ? position & 0xffffff : position,
            bitSize: flag ? position >>> 24 : 0,
          };
        }),
      };
    case 'enum':
      return {
        kind,
        id,
        name,
        size: third,
        signed: flag,
        values: list(8, (offset) => ({
          name: source.string(u32(offset)),
          value: flag ? view.getInt32(offset + 4, little) : u32(offset + 4),
        })),
      };
    case 'enum64':
      return {
        kind,
        id,
        name,
        size: third,
        signed: flag,
        values: list(12, (offset) => {
          const value = (BigInt(u32(offset + 8)) << 32n) | BigInt(u32(offset + 4));
          return { name: source.string(u32(offset)), value: flag ? BigInt.asIntN(64, value) : value };
        }),
      };
    case 'fwd':
      return { kind, id, name, of: flag ? 'union' : 'struct' };
    case 'func':
      return { kind, id, name, typeId: reference(third), linkage: linkage(length) };
    case 'func_proto':
      return {
        kind,
        id,
        name,
        returnTypeId: reference(third),
        parameters: list(8, (offset) => ({
          name: source.string(u32(offset)),
          typeId: reference(u32(offset + 4)),
        })),
      };
    case 'var':
      return { kind, id, name, typeId: reference(third), linkage: linkage(u32(tail)) };
    case 'datasec':
      return {
        kind,
        id,
        name,
        size: third,
        entries: list(12, (offset) => ({
          typeId: reference(u32(offset)),
          offset: u32(offset + 4),
          size: u32(offset + 8),
        })),
      };
    case 'float':
      return { kind, id, name, size: third };
    case 'decl_tag':
      return { kind, id, name, typeId: reference(third), componentIndex: view.getInt32(tail, little) };
    default:
      throw new FormatError('LBX_BTF_INVALID', `BTF type ${id} is of an unknown kind`, { offset: at });
  }
}
