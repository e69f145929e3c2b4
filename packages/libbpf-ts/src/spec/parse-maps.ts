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
    const slots = slotsByOffset(elf.relocationsOf(section));
    let end = 0;
    for (const variable of btf.datasec('.maps').variables) {
      if (variable.offset < end) {
        throw new FormatError('LBX_OBJECT_INVALID', `map ${variable.name} overlaps the one before it`);
      }
      end = variable.offset + variable.size;
      const { spec, valuesOffset } = parseMap(btf, variable.name, variable.typeId);
      const start = valuesOffset === undefined ? end : variable.offset + valuesOffset;
      const values = takeSlots(slots, spec.name, start, end);
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

interface Slot {
  readonly offset: number;
  readonly name: string;
}

/** `.values = { [2] = &map }` is a relocation at the slot's place, to the symbol of the map or program. */
function slotsByOffset(relocations: readonly ElfRelocation[]): Slot[] {
  return relocations
    .map(({ offset, symbol }) => ({ offset: Number(offset), name: symbol.name }))
    .sort((a, b) => b.offset - a.offset);
}

/** The slots from `start` to `end`, taken off the end of the list with all before them. */
function takeSlots(
  slots: Slot[],
  map: string,
  start: number,
  end: number,
): { index: number; name: string }[] {
  const taken: { index: number; name: string }[] = [];
  while (slots.length > 0 && slots.at(-1)!.offset < end) {
    const { offset, name } = slots.pop()!;
    if (offset < start) continue;
    if ((offset - start) % pointerSize !== 0 || name === '') {
      throw new FormatError(
        'LBX_OBJECT_INVALID',
        `map ${map} has an initial value at byte ${offset - start} of its values that names nothing; write [n] = &name of a global map or program`,
      );
    }
    taken.push({ index: (offset - start) / pointerSize, name });
  }
  return taken;
}
