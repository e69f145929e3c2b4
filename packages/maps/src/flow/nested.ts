import { type Field, field } from '../codec/field.ts';
import type { Struct } from '../codec/struct.ts';

/** A struct as a member of another: `key: nested(LbxFlow4Key)`. */
export function nested<T>(of: Struct<T>): Field<T> {
  return field<T>({
    size: of.size,
    align: of.align,
    ctype: `struct ${of.name}`,
    order: 'none',
    text: {
      format: (value) => `{${of.text.format(value).replaceAll(' ', ',')}}`,
      parse: (text) => of.text.parse(text.slice(1, -1).replaceAll(',', ' ')),
    },
    put: of.put,
    get: of.get,
  });
}

/** A C array of `length` elements: `tag: repeated(u32, 8)`; the value has exactly that many. */
export function repeated<T>(of: Field<T>, length: number): Field<readonly T[]> {
  return field<readonly T[]>({
    size: of.size * length,
    align: of.align,
    ctype: `${of.ctype}[${length}]`,
    order: of.order,
    text: {
      format: (values) => values.map((value) => of.text.format(value)).join(';'),
      parse: (text) => text.split(';').map((part) => of.text.parse(part)),
    },
    put(view, at, values) {
      if (values.length !== length) {
        throw new RangeError(`expected ${length} elements, got ${values.length}`);
      }
      for (let i = 0; i < length; i++) of.put(view, at + i * of.size, values[i]!);
    },
    get(view, at) {
      const values: T[] = [];
      for (let i = 0; i < length; i++) values.push(of.get(view, at + i * of.size));
      return values;
    },
  });
}
