import type { Text } from '../codec/field.ts';
import { MapsError } from '../errors.ts';

/** How often each backend occurs in a lookup table, by ascending id. */
export function maglevShares(table: Uint32Array): [id: number, positions: number][] {
  const counts = new Map<number, number>();
  for (const id of table) counts.set(id, (counts.get(id) ?? 0) + 1);
  return [...counts].sort((a, b) => a[0] - b[0]);
}

/**
 * Lossless text of a lookup table: `m=251 share=1:126,2:125 table=…`, the table as base64 of indices into the list
 * of shares, one byte each up to 256 backends, else two (little-endian).
 */
export const lookupTableText: Text<Uint32Array> = {
  format(table) {
    const shares = maglevShares(table);
    const indexOf = new Map(shares.map(([id], index) => [id, index]));
    const width = shares.length <= 256 ? 1 : shares.length <= 65536 ? 2 : 4;
    const packed = Buffer.alloc(table.length * width);
    for (let i = 0; i < table.length; i++) packed.writeUIntLE(indexOf.get(table[i]!)!, i * width, width);
    return `${lookupTableDigest(table, shares)} table=${packed.toString('base64')}`;
  },
  parse(text) {
    const match = /^m=(\d+) share=([\d:,]*) table=([A-Za-z0-9+/=]*)$/.exec(text);
    if (match === null) {
      throw new MapsError(
        'LBX_DUMP_SYNTAX',
        `expected m=… share=… table=… (a full dump), got ${JSON.stringify(text.slice(0, 80))}`,
      );
    }
    const length = Number(match[1]);
    const ids = match[2] === '' ? [] : match[2]!.split(',').map((part) => Number(part.split(':')[0]));
    const width = ids.length <= 256 ? 1 : ids.length <= 65536 ? 2 : 4;
    const packed = Buffer.from(match[3]!, 'base64');
    if (packed.length !== length * width) {
      throw new MapsError(
        'LBX_DUMP_SYNTAX',
        `table= holds ${packed.length} bytes, m=${length} needs ${length * width}`,
      );
    }
    return Uint32Array.from({ length }, (_, i) => ids[packed.readUIntLE(i * width, width)]!);
  },
};

/** The table without its order: `m=251 share=1:126,2:125`. */
export function lookupTableDigest(table: Uint32Array, shares = maglevShares(table)): string {
  return `m=${table.length} share=${shares.map(([id, n]) => `${id}:${n}`).join(',')}`;
}
