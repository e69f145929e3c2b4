/** One member of a struct or union; those of anonymous structs and unions count as the outer one's own. */
export interface BtfMember {
  readonly name: string;
  /** Bytes from the start of the outermost struct; of a bitfield, the byte its first bit is in. */
  readonly offset: number;
  /** Only of bitfields: bits from the start of the outermost struct. */
  readonly bitOffset?: number;
  /** Only of bitfields: width in bits. */
  readonly bitSize?: number;
  /** Bytes of the member's type; of a bitfield, of its declared type. */
  readonly size: number;
  /** C name that keeps typedefs: `"__be16"`, `"__u8[2]"`, `"struct lb4_key"`, `"const char *"`. */
  readonly type: string;
  readonly typeId: number;
}

/** A struct or union with offsets, anonymous members flattened, in order of declaration. */
export interface BtfStruct {
  readonly name: string;
  readonly kind: 'struct' | 'union';
  /** Bytes. */
  readonly size: number;
  readonly members: readonly BtfMember[];
}
