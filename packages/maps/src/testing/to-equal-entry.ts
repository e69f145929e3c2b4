import { parseHex, toHex } from '../codec/bytes.ts';
import type { Struct } from '../codec/struct.ts';
import { indent } from './compare-facts.ts';
import { type MatcherResult, resultOf } from './matcher-result.ts';

/**
 * Are these the bytes of this key or value? A difference is shown field by field.
 *
 *     expect(bytes).toEqualEntry(Lb4Key, { address: '198.51.100.1', dport: 80, backendSlot: 0, proto: 6, scope: 0 });
 *
 * @param received - bytes, or hex.
 * @param struct - how they are to be read.
 * @param expected - a value, bytes, or hex.
 */
export function toEqualEntry<T>(
  received: Uint8Array | string,
  struct: Struct<T>,
  expected: T | Uint8Array | string,
): MatcherResult {
  const [found, wanted] = [bytesOf(received), bytesOf(encoded(struct, expected))];
  const subject = `${found.length === 0 ? 'no bytes' : toHex(found)} is ${struct.name} ${toHex(wanted)}`;
  if (found.length !== struct.size)
    return resultOf(subject, [`  ${struct.name} has ${struct.size} bytes, these are ${found.length}`]);
  const rows = struct.fields
    .map(({ name, offset, size }) => {
      const [a, b] = [wanted, found].map((bytes) => bytes.subarray(offset, offset + size));
      return { name, offset, wanted: a!, found: b! };
    })
    .filter((row) => toHex(row.wanted) !== toHex(row.found));
  const [left, right] = [wanted, found].map((bytes) => fieldTexts(struct, bytes));
  const width = Math.max(0, ...rows.map(({ name }) => name.length));
  return resultOf(
    subject,
    indent(
      rows.map(
        (row) =>
          `${row.name.padEnd(width)} @${String(row.offset).padEnd(2)}  expected ${shown(left, row.name, row.wanted)}, found ${shown(right, row.name, row.found)}`,
      ),
    ),
  );
}

const bytesOf = (given: Uint8Array | string): Uint8Array =>
  typeof given === 'string' ? parseHex(given.replaceAll(' ', '')) : given;

function encoded<T>(struct: Struct<T>, expected: T | Uint8Array | string): Uint8Array | string {
  return typeof expected === 'string' || expected instanceof Uint8Array ? expected : struct.encode(expected);
}

/** Each field as a dump shows it; padding has none. */
function fieldTexts<T>(struct: Struct<T>, bytes: Uint8Array): ReadonlyMap<string, string> {
  const parts = struct.text.format(struct.decode(bytes)).split(' ');
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]));
}

const shown = (texts: ReadonlyMap<string, string> | undefined, name: string, bytes: Uint8Array): string => {
  const text = texts?.get(name);
  return text === undefined ? toHex(bytes) : `${text} (${toHex(bytes)})`;
};
