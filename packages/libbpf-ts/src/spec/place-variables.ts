import type { Btf } from '../btf/btf.ts';
import type { BtfRawDatasec } from '../btf/btf-type.ts';
import type { Elf, ElfSymbol } from '../elf/elf.ts';
import { FormatError } from '../elf/format-error.ts';

/**
 * The DATASECs of an object with the offsets and sizes filled in that a compiler leaves 0: those of global variables
 * are their symbols' values, the section's size is the ELF section's. Static variables have theirs already.
 *
 * @returns by type number; sections that are not in the ELF file (`.kconfig`, `.ksyms`) are left out
 * @throws FormatError `LBX_OBJECT_INVALID` when BTF and symbols contradict each other
 */
export function placeVariables(elf: Elf, btf: Btf): Map<number, BtfRawDatasec> {
  const symbols = new Map<string, ElfSymbol>();
  for (const symbol of elf.symbols) {
    if (symbol.binding === 'local' || symbol.sectionIndex === 0) continue;
    symbols.set(`${symbol.sectionIndex} ${symbol.name}`, symbol);
  }
  const placed = new Map<number, BtfRawDatasec>();
  for (let id = 1; id < btf.typeCount; id++) {
    const datasec = btf.type(id);
    if (datasec.kind !== 'datasec') continue;
    const section = elf.section(datasec.name);
    if (section === undefined) continue;
    const entries = datasec.entries.map((entry) => {
      const variable = btf.type(entry.typeId);
      if (variable.kind !== 'var' || variable.linkage === 'extern') return entry;
      const symbol = symbols.get(`${section.index} ${variable.name}`);
      if (symbol === undefined && variable.linkage === 'global') {
        throw new FormatError(
          'LBX_OBJECT_INVALID',
          `variable ${variable.name} of section ${section.name} has no ELF symbol; was the object stripped of its symbols? use llvm-strip -g`,
        );
      }
      const offset =
        variable.linkage === 'global' && symbol !== undefined ? Number(symbol.value) : entry.offset;
      if (offset + entry.size > section.size) {
        throw new FormatError(
          'LBX_OBJECT_INVALID',
          `variable ${variable.name} lies at ${offset}..${offset + entry.size} of section ${section.name}, which has ${section.size} bytes`,
        );
      }
      return { ...entry, offset };
    });
    entries.sort((a, b) => a.offset - b.offset);
    placed.set(id, { ...datasec, size: section.size, entries });
  }
  return placed;
}
