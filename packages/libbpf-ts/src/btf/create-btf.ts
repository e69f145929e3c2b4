import { FormatError } from '../elf/format-error.ts';
import type { StringTable } from '../elf/string-table.ts';
import type { Btf } from './btf.ts';
import type { BtfDatasec, BtfVariable } from './btf-datasec.ts';
import { type BtfKind, type BtfRawDatasec, type BtfType, btfKinds } from './btf-type.ts';
import { decodeType, type TypeSource } from './decode-type.ts';
import { flattenStruct } from './flatten-struct.ts';
import type { ScannedTypes } from './scan-types.ts';
import { sizeOf } from './size-of.ts';
import { typeName } from './type-name.ts';

/** More typedefs and qualifiers in a row than C code has. */
const maxChain = 64;

/** The {@link Btf} over scanned types. */
export function createBtf(
  view: DataView,
  little: boolean,
  scanned: ScannedTypes,
  strings: StringTable,
  datasecs: ReadonlyMap<number, BtfRawDatasec>,
): Btf {
  const typeCount = scanned.offsets.length;
  const source: TypeSource = { view, little, typeCount, string: (offset) => strings.at(offset) };
  const decoded = new Map<number, BtfType>(datasecs);
  const byName = new Map<BtfKind, ReadonlyMap<string, number>>();
  let placements: ReadonlyMap<number, Placement> | undefined;

  const type = (id: number): BtfType => {
    if (id === 0) return { kind: 'void', id: 0, name: '' };
    const offset = scanned.offsets[id];
    if (offset === undefined) throw unknown(`no BTF type ${id}; there are ${typeCount}`);
    const known = decoded.get(id);
    if (known !== undefined) return known;
    const fresh = decodeType(source, id, offset);
    decoded.set(id, fresh);
    return fresh;
  };

  /** Names of one kind; made when first asked for, as the kernel has some 100 000 types. */
  const index = (kind: BtfKind): ReadonlyMap<string, number> => {
    const made = byName.get(kind);
    if (made !== undefined) return made;
    const number = btfKinds.indexOf(kind);
    const ids = new Map<string, number>();
    for (let id = 1; id < typeCount; id++) {
      if (scanned.kinds[id] !== number) continue;
      const name = strings.at(view.getUint32(scanned.offsets[id]!, little));
      if (name !== '' && !ids.has(name)) ids.set(name, id);
    }
    byName.set(kind, ids);
    return ids;
  };

  const find = (name: string, kind: BtfKind): BtfType | undefined => {
    const id = index(kind).get(name);
    return id === undefined ? undefined : type(id);
  };

  const resolve = (id: number): BtfType => {
    let at = type(id);
    for (let i = 0; i < maxChain; i++) {
      if (at.kind !== 'typedef' && at.kind !== 'type_tag' && at.kind !== 'var' && !isQualifier(at)) return at;
      at = type(at.typeId);
    }
    throw new FormatError('LBX_BTF_INVALID', `BTF type ${id} refers to itself`);
  };

  const place = (id: number): Placement | undefined => {
    if (placements === undefined) {
      const all = new Map<number, Placement>();
      const number = btfKinds.indexOf('datasec');
      for (let datasec = 1; datasec < typeCount; datasec++) {
        if (scanned.kinds[datasec] !== number) continue;
        const { name, entries } = type(datasec) as BtfRawDatasec;
        for (const { typeId, offset, size } of entries) all.set(typeId, { section: name, offset, size });
      }
      placements = all;
    }
    return placements.get(id);
  };

  const toVariable = (id: number): BtfVariable | undefined => {
    const found = type(id);
    if (found.kind !== 'var') return undefined;
    const { name, typeId, linkage } = found;
    const placement = place(id) ?? { offset: 0, size: sizeOf(btf, typeId) };
    return { name, id, typeId, type: typeName(type, typeId, true), linkage, ...placement };
  };

  const btf: Btf = {
    typeCount,
    type,
    find,
    has: (name, kind) => index(kind).has(name),
    resolve,
    sizeOf: (id) => sizeOf(btf, id),
    typeName: (id) => typeName(type, id),
    struct: (name) => {
      const found = find(name, 'struct') ?? find(name, 'union') ?? find(name, 'typedef');
      if (found === undefined) {
        throw unknown(
          `no struct, union or typedef ${name} in the BTF; has the type been used in the code, and was it compiled with -g?`,
        );
      }
      // A typedef of a struct without a name of its own gives it one.
      const struct = btf.structOf(found.id);
      return struct.name === '' ? { ...struct, name } : struct;
    },
    structOf: (id) => {
      const found = resolve(id);
      if (found.kind === 'struct' || found.kind === 'union') return flattenStruct(btf, found);
      throw unknown(`BTF type ${id} (${typeName(type, id)}) is neither a struct nor a union`);
    },
    enum: (name) => {
      const found = find(name, 'enum') ?? find(name, 'enum64');
      if (found?.kind === 'enum' || found?.kind === 'enum64') return found;
      throw unknown(`no enum ${name} in the BTF; has it been used in the code, and was it compiled with -g?`);
    },
    datasec: (name): BtfDatasec => {
      const found = find(name, 'datasec');
      if (found?.kind !== 'datasec')
        throw unknown(`no section ${name} in the BTF; there ${list(index('datasec'))}`);
      const variables = found.entries.flatMap(({ typeId, offset, size }) => {
        const variable = toVariable(typeId);
        return variable === undefined ? [] : [{ ...variable, section: name, offset, size }];
      });
      return { name, size: found.size, variables: variables.sort((a, b) => a.offset - b.offset) };
    },
    variable: (name) => {
      const id = index('var').get(name);
      const found = id === undefined ? undefined : toVariable(id);
      if (found === undefined) throw unknown(`no variable ${name} in the BTF; there ${list(index('var'))}`);
      return found;
    },
  };
  return btf;
}

interface Placement {
  readonly section?: string;
  readonly offset: number;
  readonly size: number;
}

function isQualifier(
  type: BtfType,
): type is BtfType & { kind: 'const' | 'volatile' | 'restrict'; typeId: number } {
  return type.kind === 'const' || type.kind === 'volatile' || type.kind === 'restrict';
}

/** Some of the names there are, for an error message. */
function list(names: ReadonlyMap<string, number>): string {
  if (names.size === 0) return 'are none';
  const some = [...names.keys()].slice(0, 10).join(', ');
  return names.size > 10 ? `are ${some} and ${names.size - 10} more` : `are ${some}`;
}

function unknown(reason: string): FormatError {
  return new FormatError('LBX_BTF_UNKNOWN', reason);
}
