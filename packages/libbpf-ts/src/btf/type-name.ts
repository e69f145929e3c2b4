import { FormatError } from '../elf/format-error.ts';
import type { BtfType } from './btf-type.ts';

/** Far beyond what C code has; mutated BTF may nest without end. */
const maxSteps = 500;

/** What naming needs: the type by number. */
type TypeOf = (id: number) => BtfType;

/**
 * Writes a type the way C declares it, from the inside out: `declarator` is what has been written so far, and each
 * step puts its part around it.
 *
 * @param withoutQualifiers drops const and volatile of the object itself (not of what it points to)
 * @throws FormatError `LBX_BTF_INVALID` when the type contains itself
 */
export function typeName(typeOf: TypeOf, id: number, withoutQualifiers = false): string {
  let steps = 0;

  const declare = (typeId: number, declarator: string, bare: boolean): string => {
    if (++steps > maxSteps) {
      throw new FormatError(
        'LBX_BTF_INVALID',
        `BTF type ${id} contains itself or nests more than ${maxSteps} types`,
      );
    }
    const type = typeOf(typeId);
    switch (type.kind) {
      case 'void':
        return join('void', declarator);
      case 'struct':
      case 'union':
        return join(`${type.kind} ${type.name || '(anonymous)'}`, declarator);
      case 'fwd':
        return join(`${type.of} ${type.name || '(anonymous)'}`, declarator);
      case 'enum':
      case 'enum64':
        return join(`enum ${type.name || '(anonymous)'}`, declarator);
      case 'ptr': {
        const target = behindQualifiers(type.typeId);
        const pointer = `*${declarator}`;
        const parenthesized = target.kind === 'array' || target.kind === 'func_proto';
        return declare(type.typeId, parenthesized ? `(${pointer})` : pointer, false);
      }
      case 'const':
      case 'volatile':
      case 'restrict': {
        if (bare) return declare(type.typeId, declarator, true);
        // What qualifies a pointer stands after its star, anything else before the type.
        if (behindQualifiers(type.typeId).kind === 'ptr') {
          return declare(type.typeId, join(type.kind, declarator), false);
        }
        return `${type.kind} ${declare(type.typeId, declarator, false)}`;
      }
      case 'type_tag':
        return declare(type.typeId, declarator, bare);
      case 'array':
        return declare(type.elementTypeId, `${declarator}[${type.length}]`, bare);
      case 'func_proto': {
        const parameters = type.parameters.map((parameter, i) =>
          parameter.typeId === 0 && i === type.parameters.length - 1
            ? '...'
            : declare(parameter.typeId, '', false),
        );
        return declare(type.returnTypeId, `${declarator}(${parameters.join(', ') || 'void'})`, false);
      }
      case 'func':
      case 'var':
      case 'decl_tag':
        return declare(type.typeId, declarator, bare);
      default:
        return join(type.name, declarator);
    }
  };

  const behindQualifiers = (typeId: number): BtfType => {
    let type = typeOf(typeId);
    while (
      type.kind === 'const' ||
      type.kind === 'volatile' ||
      type.kind === 'restrict' ||
      type.kind === 'type_tag'
    ) {
      if (++steps > maxSteps) {
        throw new FormatError(
          'LBX_BTF_INVALID',
          `BTF type ${id} contains itself or nests more than ${maxSteps} types`,
        );
      }
      type = typeOf(type.typeId);
    }
    return type;
  };

  return declare(id, '', withoutQualifiers);
}

/** "char" and "*" make "char *", "__u8" and "[2]" make "__u8[2]". */
function join(left: string, declarator: string): string {
  return declarator === '' || declarator.startsWith('[') ? `${left}${declarator}` : `${left} ${declarator}`;
}
