/**
 * `libbpf-ts/elf`: reads ELF files and compiled BPF objects without root, kernel or native code.
 *
 * @packageDocumentation
 */

export type { ByteOrder, Elf, ElfRelocation, ElfSection, ElfSymbol } from './elf/elf.ts';
export { machineBpf, relocatable, sectionFlags, sectionTypes } from './elf/elf.ts';
export { FormatError, type FormatErrorCode, type FormatErrorDetails } from './elf/format-error.ts';
export { parseElf } from './elf/parse-elf.ts';
export { isMapInMapType, isPerCpuMapType, type MapType, mapTypeName, mapTypes } from './map-type.ts';
export {
  type AttachType,
  attachTypeName,
  attachTypes,
  type ProgramType,
  programTypeName,
  programTypes,
} from './program-type.ts';
export type { MapSpec } from './spec/map-spec.ts';
export type { ObjectSpec } from './spec/object-spec.ts';
export { parseObject } from './spec/parse-object.ts';
export type { ProgramSpec } from './spec/program-spec.ts';
export type { VariableSpec } from './spec/variable-spec.ts';
