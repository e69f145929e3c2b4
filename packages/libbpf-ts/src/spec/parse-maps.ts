import type { Btf } from '../btf/btf.ts';
import type { Elf, ElfRelocation } from '../elf/elf.ts';
import { FormatError } from '../elf/format-error.ts';
import { dataSections, internalMap } from './data-sections.ts';
import type { MapSpec } from './map-spec.ts';
import { parseMap } from './parse-map.ts';

const pointerSize = 8;

/**
 * The maps: those defined in `.maps` by offset, then the internal ones by section.
 *
 * @throws FormatError `LBX_OBJECT_INVALID`
 */
export function parseMaps(elf: Elf, btf: Btf): ReadonlyMap<string, MapSpec> {
  const maps = new Map<string, MapSpec>();
  const section = elf.section('.maps');
  if (section !== undefined && section.size > 0) {
    const relocations = elf.relocationsOf(section);
    for (const variable of btf.datasec('.maps').variables) {
      const { spec, valuesOffset } = parseMap(btf, variable.name, variable.typeId);
      const end = variable.offset + variable.size;
      const values =
        valuesOffset === undefined
          ? []
          : initialSlots(spec.name, relocations, variable.offset + valuesOffset, end);
      maps.set(spec.name, values.length === 0 ? spec : { ...spec, values });
    }
  } else if (elf.section('maps') !== undefined) {
    throw new FormatError(
      'LBX_OBJECT_INVALID',
      'maps are declared in the old section "maps" (struct bpf_map_def), which libbpf 1.0 dropped; declare them in SEC(".maps") with __uint() and __type()',
    );
  }
  for (const data of dataSections(elf)) maps.set(data.name, internalMap(data, btf));
  return maps;
}

/** `.values = { [2] = &map }` is a relocation at the slot's place, to the symbol of the map or program. */
function initialSlots(map: string, relocations: readonly ElfRelocation[], start: number, end: number) {
  const slots: { index: number; name: string }[] = [];
  for (const { offset, symbol } of relocations) {
    if (offset < BigInt(start) || offset >= BigInt(end)) continue;
    const at = Number(offset) - start;
    if (at % pointerSize !== 0 || symbol.name === '') {
      throw new FormatError(
        'LBX_OBJECT_INVALID',
        `map ${map} has an initial value at byte ${at} of its values that names nothing; write [n] = &name of a global map or program`,
      );
    }
    slots.push({ index: at / pointerSize, name: symbol.name });
  }
  return slots.sort((a, b) => a.index - b.index);
}
