import { FormatError } from '../elf/format-error.ts';
import type { Btf } from './btf.ts';
import type { BtfMember, BtfStruct } from './btf-struct.ts';
import type { BtfComposite } from './btf-type.ts';

/** Deeper and larger than any C code; bounds the work on altered BTF. */
const maxDepth = 32;
const maxMembers = 0xffff;

/**
 * The members of a struct or union with those of anonymous structs and unions lifted up, as C lets one name them.
 *
 * @throws FormatError `LBX_BTF_INVALID` when a member lies outside or the struct contains itself
 */
export function flattenStruct(btf: Btf, composite: BtfComposite): BtfStruct {
  const members: BtfMember[] = [];
  const what = `${composite.kind} ${composite.name || `(type ${composite.id})`}`;

  let visited = 0;

  const collect = (inner: BtfComposite, baseBits: number, depth: number): void => {
    if (depth > maxDepth) throw new FormatError('LBX_BTF_INVALID', `BTF ${what} contains itself`);
    for (const member of inner.members) {
      if (++visited > maxMembers) {
        throw new FormatError('LBX_BTF_INVALID', `BTF ${what} has more than ${maxMembers} members`);
      }
      const bitOffset = baseBits + member.bitOffset;
      if (member.name === '') {
        const nested = btf.resolve(member.typeId);
        if (nested.kind === 'struct' || nested.kind === 'union') collect(nested, bitOffset, depth + 1);
        continue;
      }
      const size = btf.sizeOf(member.typeId);
      const end = member.bitSize > 0 ? bitOffset + member.bitSize : bitOffset + size * 8;
      if (end > composite.size * 8) {
        throw new FormatError(
          'LBX_BTF_INVALID',
          `BTF ${what} has ${composite.size} bytes; member ${member.name} ends at bit ${end}`,
        );
      }
      const type = btf.typeName(member.typeId);
      const common = {
        name: member.name,
        offset: Math.floor(bitOffset / 8),
        size,
        type,
        typeId: member.typeId,
      };
      members.push(member.bitSize > 0 ? { ...common, bitOffset, bitSize: member.bitSize } : common);
    }
  };

  collect(composite, 0, 0);
  return { name: composite.name, kind: composite.kind, size: composite.size, members };
}
