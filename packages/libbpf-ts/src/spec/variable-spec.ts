/** A global or static variable of an object. */
export interface VariableSpec {
  readonly name: string;
  /** ELF section, which is also the name of the internal map that holds it. */
  readonly section: string;
  /** Bytes from the start of the section. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** C name of its type without outer qualifiers: `"__be32"`, `"struct config"`, `"__u8[16]"`. */
  readonly type: string;
  readonly typeId: number;
  /** In `.rodata`: can be set only before load, and the verifier treats it as known. */
  readonly constant: boolean;
  readonly linkage: 'static' | 'global';
  /** Value in the object, `size` bytes in the object's byte order; zeros in `.bss`. */
  readonly initial: Uint8Array;
}
