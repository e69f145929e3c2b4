import { MapsError } from '../errors.ts';
import { decodeWith, encodeWith, type Struct } from './struct.ts';

/** How to tell the readings of one C struct with a union apart. */
export interface VariantChoice<A, B> {
  /** Is this value one of the first struct? */
  readonly isFirst: (value: A | B) => boolean;
  /** Do these bytes hold the first struct? */
  readonly holdsFirst: (view: DataView, at: number) => boolean;
}

/**
 * One C struct with a union, read as one of two structs of the same size; something in the bytes tells which.
 * Nest for three.
 */
export function variants<A, B>(
  first: Struct<A>,
  second: Struct<B>,
  choice: VariantChoice<A, B>,
): Struct<A | B> {
  if (first.size !== second.size || first.name !== second.name) {
    throw new MapsError(
      'LBX_LAYOUT',
      `variants: ${first.name} (${first.size}) and ${second.name} (${second.size}) are not one struct`,
    );
  }
  const { isFirst, holdsFirst } = choice;
  const made: Struct<A | B> = {
    name: first.name,
    size: first.size,
    align: Math.max(first.align, second.align),
    fields: first.fields,
    isScalar: false,
    readings: [...first.readings, ...second.readings],
    text: {
      format: (value) => (isFirst(value) ? first.text.format(value as A) : second.text.format(value as B)),
      parse: (text) => parseEither(first, second, text),
    },
    put(view, at, value) {
      // What is no object is for a struct to refuse, with its name.
      if (value === null || typeof value !== 'object' || isFirst(value)) first.put(view, at, value as A);
      else second.put(view, at, value as B);
    },
    get: (view, at) => (holdsFirst(view, at) ? first.get(view, at) : second.get(view, at)),
    encode: (value) => encodeWith(made, value),
    decode: (bytes) => decodeWith(made, bytes),
  };
  return Object.freeze(made);
}

/** A text says by the names of its fields which reading it is. */
function parseEither<A, B>(first: Struct<A>, second: Struct<B>, text: string): A | B {
  const names = text.split(' ').map((part) => part.slice(0, part.indexOf('=')));
  const fits = (struct: Struct<unknown>) =>
    struct.readings.some((reading) => reading.fields.every((f) => f.isPad || names.includes(f.name)));
  return fits(first as Struct<unknown>) ? first.text.parse(text) : second.text.parse(text);
}
