import type { Btf } from '../btf/btf.ts';
import type { BtfComposite, BtfRawMember } from '../btf/btf-type.ts';
import { FormatError } from '../elf/format-error.ts';
import { isMapInMapType, type MapType, mapTypeName } from '../map-type.ts';
import type { MapSpec } from './map-spec.ts';

/** A map definition, and where its initial slots begin. */
export interface ParsedMap {
  readonly spec: MapSpec;
  /** Bytes from the start of the definition; absent without `values`. */
  readonly valuesOffset?: number;
}

/** File descriptors and program or map ids, as the kernel keeps them in maps of maps and program arrays. */
const referenceSize = 4;

/**
 * Reads a BTF map definition: a struct whose members' types carry the numbers. `__uint(name, n)` is a pointer to an
 * array of n elements, `__type(name, T)` a pointer to T, `__array(values, T)` an array of pointers to T, and
 * `__ulong(name, n)` an enum with the value n.
 *
 * @param inner whether it is the template inside a map of maps, which cannot hold templates itself
 * @throws FormatError `LBX_OBJECT_INVALID`
 */
export function parseMap(btf: Btf, name: string, typeId: number, inner = false): ParsedMap {
  const definition = btf.resolve(typeId);
  if (definition.kind !== 'struct') {
    throw invalid(name, `is defined as ${btf.typeName(typeId)}, not as a struct of __uint() and __type()`);
  }
  const numbers = new Map<string, number>();
  const found: { key?: number; value?: number; extra?: bigint; inner?: MapSpec; valuesOffset?: number } = {};
  for (const member of definition.members) {
    switch (member.name) {
      case 'type':
      case 'max_entries':
      case 'map_flags':
      case 'numa_node':
      case 'key_size':
      case 'value_size':
      case 'pinning':
        numbers.set(member.name, read32(btf, name, member));
        break;
      case 'map_extra':
        found.extra = readNumber(btf, name, member);
        break;
      case 'key':
        found.key = readPointed(btf, name, member);
        break;
      case 'value':
        found.value = readPointed(btf, name, member);
        break;
      case 'values': {
        if (inner)
          throw invalid(name, 'is a map inside a map and has values itself; the kernel nests maps once');
        found.valuesOffset = member.bitOffset / 8;
        const template = readTemplate(btf, name, definition, member);
        if (template !== undefined) found.inner = parseMap(btf, `${name}.inner`, template, true).spec;
        break;
      }
      default:
        throw invalid(name, `has the unknown attribute ${member.name || '(none)'}; known are ${attributes}`);
    }
  }
  const type = readType(name, numbers.get('type'));
  const pinning = numbers.get('pinning');
  if (pinning !== undefined && pinning > 1)
    throw invalid(name, `has pinning ${pinning}; known are 0 and 1 (by name)`);
  checkValues(name, type, {
    inner,
    hasValues: found.valuesOffset !== undefined,
    hasTemplate: found.inner !== undefined,
  });
  const numaNode = numbers.get('numa_node');
  const holdsReferences = isMapInMapType(type) || type === 'prog_array';
  const spec: MapSpec = {
    name,
    type,
    keySize: sizeFrom(btf, name, 'key', found.key, numbers.get('key_size')),
    valueSize:
      sizeFrom(btf, name, 'value', found.value, numbers.get('value_size')) ||
      (holdsReferences ? referenceSize : 0),
    maxEntries: numbers.get('max_entries') ?? 0,
    flags: numbers.get('map_flags') ?? 0,
    ...(found.inner !== undefined && { innerSpec: found.inner }),
    ...(pinning !== undefined && { pinning: pinning === 1 ? ('by_name' as const) : ('none' as const) }),
    ...(found.key !== undefined && { keyTypeName: btf.typeName(found.key), keyTypeId: found.key }),
    ...(found.value !== undefined && { valueTypeName: btf.typeName(found.value), valueTypeId: found.value }),
    ...(found.extra !== undefined && { extra: found.extra }),
    ...(numaNode !== undefined && { numaNode }),
  };
  return found.valuesOffset === undefined ? { spec } : { spec, valuesOffset: found.valuesOffset };
}

const attributes =
  'type, max_entries, map_flags, numa_node, key_size, value_size, pinning, map_extra, key, value, values';

function readType(name: string, number: number | undefined): MapType {
  if (number === undefined) throw invalid(name, 'has no type; add __uint(type, BPF_MAP_TYPE_…)');
  const type = mapTypeName(number);
  if (type === undefined)
    throw invalid(name, `is of type ${number}, which is newer than this library (Linux 6.18)`);
  return type;
}

function checkValues(
  name: string,
  type: MapType,
  { inner, hasValues, hasTemplate }: { inner: boolean; hasValues: boolean; hasTemplate: boolean },
): void {
  const ofMaps = isMapInMapType(type);
  if (inner && ofMaps) throw invalid(name, 'is a map of maps inside a map; the kernel nests maps once');
  if (!hasValues || (ofMaps && hasTemplate) || (type === 'prog_array' && !hasTemplate)) return;
  const what = hasTemplate ? 'maps' : 'programs';
  throw invalid(
    name,
    `is of type ${type} and has ${what} as __array(values, …); use array_of_maps, hash_of_maps or prog_array`,
  );
}

/** The n of `__uint(name, n)` or `__ulong(name, n)`. */
function readNumber(btf: Btf, map: string, member: BtfRawMember): bigint {
  const type = btf.resolve(member.typeId);
  if (type.kind === 'ptr') {
    const array = btf.resolve(type.typeId);
    if (array.kind === 'array') return BigInt(array.length);
  }
  if (type.kind === 'enum' || type.kind === 'enum64') {
    const value = type.values[0]?.value;
    if (value !== undefined) return BigInt(value);
  }
  throw invalid(map, `has ${member.name} as ${btf.typeName(member.typeId)}; write __uint(${member.name}, …)`);
}

function read32(btf: Btf, map: string, member: BtfRawMember): number {
  const number = readNumber(btf, map, member);
  if (number < 0n || number > 0xffff_ffffn)
    throw invalid(map, `has ${member.name} ${number}; it must fit into 32 bits`);
  return Number(number);
}

/** The T of `__type(name, T)`. */
function readPointed(btf: Btf, map: string, member: BtfRawMember): number {
  const type = btf.resolve(member.typeId);
  if (type.kind === 'ptr') return type.typeId;
  throw invalid(map, `has ${member.name} as ${btf.typeName(member.typeId)}; write __type(${member.name}, …)`);
}

/** The T of `__array(values, T)` when T is a map definition; undefined when T is a program. */
function readTemplate(btf: Btf, map: string, whole: BtfComposite, member: BtfRawMember): number | undefined {
  const array = btf.resolve(member.typeId);
  if (array.kind === 'array' && member === whole.members.at(-1) && member.bitOffset % 8 === 0) {
    const pointer = btf.resolve(array.elementTypeId);
    if (pointer.kind === 'ptr') {
      const target = btf.resolve(pointer.typeId);
      if (target.kind === 'struct') return target.id;
      if (target.kind === 'func_proto') return undefined;
    }
  }
  throw invalid(
    map,
    `has values as ${btf.typeName(member.typeId)}; write __array(values, …) of a map struct or int (void *), as the last attribute`,
  );
}

function sizeFrom(
  btf: Btf,
  map: string,
  what: string,
  typeId: number | undefined,
  declared: number | undefined,
): number {
  if (typeId === undefined) return declared ?? 0;
  const size = btf.sizeOf(typeId);
  if (declared !== undefined && declared !== size) {
    throw invalid(
      map,
      `has ${what}_size ${declared}, and its ${what} ${btf.typeName(typeId)} has ${size} bytes`,
    );
  }
  if (size > 0x7fff_ffff) throw invalid(map, `has a ${what} of ${size} bytes`);
  return size;
}

function invalid(map: string, reason: string): FormatError {
  return new FormatError('LBX_OBJECT_INVALID', `map ${map} ${reason}`);
}
