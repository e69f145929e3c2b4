/**
 * `libbpf-ts/btf`: reads BTF, the type information of BPF objects and of the kernel.
 *
 * @packageDocumentation
 */
export type { Btf } from './btf/btf.ts';
export type { BtfDatasec, BtfVariable } from './btf/btf-datasec.ts';
export type { BtfMember, BtfStruct } from './btf/btf-struct.ts';
export type {
  BtfArray,
  BtfComposite,
  BtfDeclTag,
  BtfEnum,
  BtfFloat,
  BtfForward,
  BtfFunction,
  BtfFunctionProto,
  BtfInt,
  BtfKind,
  BtfLinkage,
  BtfModifier,
  BtfRawDatasec,
  BtfRawMember,
  BtfType,
  BtfVar,
  BtfVoid,
} from './btf/btf-type.ts';
export { parseBtf } from './btf/parse-btf.ts';
export { FormatError, type FormatErrorCode, type FormatErrorDetails } from './elf/format-error.ts';
