/**
 * The part of binary-parser that is used here. The package's own types are not found by `moduleResolution: nodenext`
 * (its `exports` name no types for ES modules).
 */
declare module 'binary-parser' {
  export class Parser {
    endianness(order: 'little' | 'big'): this;
    uint8(name: string): this;
    uint16(name: string): this;
    uint32(name: string): this;
    uint64(name: string): this;
    int64(name: string): this;
    seek(bytes: number): this;
    array(name: string, options: { type: Parser; readUntil: 'eof' }): this;
    parse(bytes: Uint8Array): unknown;
  }
}
