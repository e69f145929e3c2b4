/** A type record for {@link buildBtf}: kind number, name, the record's third word, the words after the record. */
export interface BtfRecord {
  readonly kind: number;
  readonly name?: string;
  /** size or type */
  readonly third?: number;
  readonly length?: number;
  readonly flag?: boolean;
  /** 32-bit words after the record; a string stands for the offset of that name. */
  readonly tail?: readonly (number | string)[];
}

/** Little-endian BTF of the given types; ids begin at 1. For tests: nothing is checked. */
export function buildBtf(records: readonly BtfRecord[]): Uint8Array {
  const strings: number[] = [0];
  const offsets = new Map<string, number>([['', 0]]);
  const nameOffset = (name: string): number => {
    const known = offsets.get(name);
    if (known !== undefined) return known;
    const offset = strings.length;
    strings.push(...Buffer.from(name), 0);
    offsets.set(name, offset);
    return offset;
  };
  const words: number[] = [];
  for (const { kind, name = '', third = 0, length = 0, flag = false, tail = [] } of records) {
    words.push(nameOffset(name), (kind << 24) | length | (flag ? 0x80000000 : 0), third);
    for (const word of tail) words.push(typeof word === 'string' ? nameOffset(word) : word);
  }
  const bytes = new Uint8Array(24 + words.length * 4 + strings.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0xeb9f, true);
  view.setUint8(2, 1);
  const header = [24, 0, words.length * 4, words.length * 4, strings.length];
  header.forEach((word, i) => {
    view.setUint32(4 + i * 4, word, true);
  });
  words.forEach((word, i) => {
    view.setUint32(24 + i * 4, word >>> 0, true);
  });
  bytes.set(strings, 24 + words.length * 4);
  return bytes;
}
