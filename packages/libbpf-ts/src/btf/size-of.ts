import { FormatError } from '../elf/format-error.ts';
import type { Btf } from './btf.ts';

/** Bytes of a pointer: BPF has 64 bits, and so has every kernel whose BTF is of use to it. */
const pointerSize = 8;
const maxNesting = 64;

/**
 * Bytes a value of the type takes.
 *
 * @throws FormatError `LBX_BTF_INVALID` for types without a size (void, functions, structs that are only declared) and
 * arrays that contain themselves
 */
export function sizeOf(btf: Btf, id: number): number {
  let count = 1;
  let typeId = id;
  for (let i = 0; i < maxNesting; i++) {
    const type = btf.resolve(typeId);
    switch (type.kind) {
      case 'array':
        count *= type.length;
        typeId = type.elementTypeId;
        if (!Number.isSafeInteger(count))
          throw new FormatError('LBX_BTF_INVALID', `BTF type ${id} is too large`);
        break;
      case 'ptr':
        return count * pointerSize;
      case 'int':
      case 'struct':
      case 'union':
      case 'enum':
      case 'enum64':
      case 'float':
      case 'datasec':
        return count * type.size;
      default:
        throw new FormatError('LBX_BTF_INVALID', `BTF type ${id} (${btf.typeName(id)}) has no size`);
    }
  }
  throw new FormatError('LBX_BTF_INVALID', `BTF array ${id} contains itself`);
}
