/** BTF kinds by number (`BTF_KIND_*`, Linux 6.18); 0 is `void`. */
export const btfKinds = [
  'void',
  'int',
  'ptr',
  'array',
  'struct',
  'union',
  'enum',
  'fwd',
  'typedef',
  'volatile',
  'const',
  'restrict',
  'func',
  'func_proto',
  'var',
  'datasec',
  'float',
  'decl_tag',
  'type_tag',
  'enum64',
] as const;

export type BtfKind = (typeof btfKinds)[number];

/** Linkage of a function or a variable. */
export type BtfLinkage = 'static' | 'global' | 'extern';

interface Base<K extends BtfKind> {
  readonly kind: K;
  /** Number of the type within its BTF; 0 is void. */
  readonly id: number;
  /** Empty for anonymous types. */
  readonly name: string;
}

export type BtfVoid = Base<'void'>;

export interface BtfInt extends Base<'int'> {
  /** Bytes of storage. */
  readonly size: number;
  /** Bits of value, normally 8 × size. */
  readonly bits: number;
  /** First bit of the value within the storage, normally 0. */
  readonly bitOffset: number;
  readonly signed: boolean;
  readonly encoding: 'integer' | 'char' | 'bool';
}

/** A type that is another type with something added: pointer, typedef, qualifier, tag. */
export interface BtfModifier
  extends Base<'ptr' | 'typedef' | 'volatile' | 'const' | 'restrict' | 'type_tag'> {
  readonly typeId: number;
}

export interface BtfArray extends Base<'array'> {
  readonly elementTypeId: number;
  readonly indexTypeId: number;
  /** Number of elements; 0 also for a flexible array. */
  readonly length: number;
}

/** A member as BTF has it: anonymous structs and unions not flattened. */
export interface BtfRawMember {
  readonly name: string;
  readonly typeId: number;
  /** Bits from the start of the struct. */
  readonly bitOffset: number;
  /** Width of a bitfield, else 0. */
  readonly bitSize: number;
}

export interface BtfComposite extends Base<'struct' | 'union'> {
  /** Bytes. */
  readonly size: number;
  readonly members: readonly BtfRawMember[];
}

export interface BtfEnum extends Base<'enum' | 'enum64'> {
  /** Bytes. */
  readonly size: number;
  readonly signed: boolean;
  /** Values of an `enum64` are bigint. */
  readonly values: readonly { readonly name: string; readonly value: number | bigint }[];
}

export interface BtfForward extends Base<'fwd'> {
  readonly of: 'struct' | 'union';
}

export interface BtfFunction extends Base<'func'> {
  /** The `func_proto`. */
  readonly typeId: number;
  readonly linkage: BtfLinkage;
}

export interface BtfFunctionProto extends Base<'func_proto'> {
  readonly returnTypeId: number;
  /** A last parameter without name and of type 0 stands for `...`. */
  readonly parameters: readonly { readonly name: string; readonly typeId: number }[];
}

export interface BtfVar extends Base<'var'> {
  readonly typeId: number;
  readonly linkage: BtfLinkage;
}

export interface BtfRawDatasec extends Base<'datasec'> {
  /** Bytes; 0 in a compiler's output, see {@link Btf.datasec}. */
  readonly size: number;
  readonly entries: readonly { readonly typeId: number; readonly offset: number; readonly size: number }[];
}

export interface BtfFloat extends Base<'float'> {
  /** Bytes. */
  readonly size: number;
}

export interface BtfDeclTag extends Base<'decl_tag'> {
  readonly typeId: number;
  /** Member or parameter the tag belongs to; -1 for the whole declaration. */
  readonly componentIndex: number;
}

/** One BTF type, by kind. */
export type BtfType =
  | BtfVoid
  | BtfInt
  | BtfModifier
  | BtfArray
  | BtfComposite
  | BtfEnum
  | BtfForward
  | BtfFunction
  | BtfFunctionProto
  | BtfVar
  | BtfRawDatasec
  | BtfFloat
  | BtfDeclTag;
