/**
 * What the check needs to know about a compiled object; `parseObject` and the `Btf` of libbpf-ts fit, without being
 * needed here. Sizes and offsets are bytes.
 */
export interface ObjectLayout {
  readonly maps: ReadonlyMap<string, ObjectMap>;
  readonly btf: { struct(name: string): ObjectStruct };
}

export interface ObjectMap {
  readonly type: string;
  readonly keySize: number;
  readonly valueSize: number;
  readonly flags: number;
  /** C names of key and value: `struct lb4_key`, `__u32`. */
  readonly keyTypeName?: string;
  readonly valueTypeName?: string;
  readonly innerSpec?: Pick<ObjectMap, 'type' | 'keySize' | 'flags'> & { readonly maxEntries: number };
}

export interface ObjectStruct {
  readonly name: string;
  readonly size: number;
  readonly members: readonly ObjectMember[];
}

export interface ObjectMember {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  /** C type with its typedefs: `__be16`, `union v6addr`. */
  readonly type: string;
}
