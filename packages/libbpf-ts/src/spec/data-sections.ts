import type { Btf } from '../btf/btf.ts';
import { type Elf, type ElfSection, sectionTypes } from '../elf/elf.ts';
import { FormatError } from '../elf/format-error.ts';
import type { MapSpec } from './map-spec.ts';
import type { VariableSpec } from './variable-spec.ts';

/** `BPF_F_RDONLY_PROG`: programs cannot write. */
const readOnlyForPrograms = 0x80;
/** `BPF_F_MMAPABLE`: user space can map it. */
const mappable = 0x400;

/** More is taken for a broken file: a `.bss` takes no room there, but has to be allocated here. */
const maxTotalSize = 256 * 1024 * 1024;

/**
 * The sections that become internal maps: `.rodata`, `.data`, `.bss` and `.rodata.x`, `.data.x`, `.bss.x`.
 *
 * @throws FormatError `LBX_OBJECT_INVALID` when they claim more memory than any object uses
 */
export function dataSections(elf: Elf): ElfSection[] {
  const found = elf.sections.filter((section) => {
    // Of several with one name only the first can be addressed.
    if (section.size === 0 || elf.section(section.name) !== section) return false;
    if (section.type === sectionTypes.nobits) return /^\.bss(\.|$)/.test(section.name);
    return section.type === sectionTypes.progbits && /^\.(ro)?data(\.|$)/.test(section.name);
  });
  const total = found.reduce((sum, section) => sum + section.size, 0);
  if (total > maxTotalSize) {
    const names = found.map(({ name, size }) => `${name} (${size} bytes)`).join(', ');
    throw new FormatError(
      'LBX_OBJECT_INVALID',
      `the global variables take ${total} bytes, at most ${maxTotalSize} are accepted: ${names.slice(0, 500)}`,
    );
  }
  return found;
}

/** The internal map libbpf makes of such a section: an array of one value, the section. */
export function internalMap(section: ElfSection, btf: Btf): MapSpec {
  const datasec = btf.find(section.name, 'datasec');
  const readOnly = isReadOnly(section);
  // libbpf maps only what has a symbol to be found by.
  const reachable = btf.has(section.name, 'datasec')
    ? btf.datasec(section.name).variables.some((variable) => variable.linkage !== 'static')
    : false;
  const spec: MapSpec = {
    name: section.name,
    type: 'array',
    keySize: 4,
    valueSize: section.size,
    maxEntries: 1,
    flags: (readOnly ? readOnlyForPrograms : 0) | (reachable ? mappable : 0),
    section: section.name,
    contents: section.type === sectionTypes.nobits ? new Uint8Array(section.size) : section.data.slice(),
  };
  return datasec === undefined ? spec : { ...spec, valueTypeId: datasec.id };
}

/** The variables of an internal map. */
export function variablesOf(map: MapSpec, btf: Btf): VariableSpec[] {
  if (map.section === undefined || map.contents === undefined || !btf.has(map.section, 'datasec')) return [];
  const { section, contents } = map;
  const constant = (map.flags & readOnlyForPrograms) !== 0;
  return btf.datasec(section).variables.flatMap(({ name, offset, size, type, typeId, linkage }) => {
    if (linkage === 'extern') return [];
    return [
      {
        name,
        section,
        offset,
        size,
        type,
        typeId,
        constant,
        linkage,
        initial: contents.slice(offset, offset + size),
      },
    ];
  });
}

function isReadOnly(section: ElfSection): boolean {
  return section.name.startsWith('.rodata');
}
