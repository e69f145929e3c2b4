import { type Elf, sectionFlags, sectionTypes } from '../elf/elf.ts';
import { FormatError } from '../elf/format-error.ts';
import type { ProgramSpec } from './program-spec.ts';
import { sectionProgram } from './section-program.ts';

const instructionSize = 8;

/**
 * The programs: global functions in executable sections other than `.text`, where functions that programs call are.
 *
 * @throws FormatError `LBX_OBJECT_INVALID` when a function does not lie within its section
 */
export function parsePrograms(elf: Elf): ReadonlyMap<string, ProgramSpec> {
  const programs: ProgramSpec[] = [];
  for (const symbol of elf.symbols) {
    if (symbol.type !== 'function' || (symbol.binding !== 'global' && symbol.binding !== 'weak')) continue;
    const section = elf.sections[symbol.sectionIndex];
    if (section?.type !== sectionTypes.progbits || section.name === '.text') continue;
    if ((section.flags & sectionFlags.executable) === 0n) continue;
    const end = symbol.value + symbol.size;
    const whole =
      symbol.value % BigInt(instructionSize) === 0n && symbol.size % BigInt(instructionSize) === 0n;
    if (end > BigInt(section.size) || symbol.size === 0n || !whole) {
      throw new FormatError(
        'LBX_OBJECT_INVALID',
        `program ${symbol.name} lies at ${symbol.value}..${end} of section ${section.name}, which has ${section.size} bytes; instructions have ${instructionSize}`,
        { offset: section.offset },
      );
    }
    programs.push({
      name: symbol.name,
      section: section.name,
      ...sectionProgram(section.name),
      offset: Number(symbol.value),
      instructionCount: Number(symbol.size) / instructionSize,
    });
  }
  const order = new Map(elf.sections.map((section, i) => [section.name, i]));
  programs.sort((a, b) => order.get(a.section)! - order.get(b.section)! || a.offset - b.offset);
  return new Map(programs.map((program) => [program.name, program]));
}
