import { type Field, field } from './field.ts';

/**
 * A field in the first bytes of a larger member, zeroes after it: the shorter member of a union
 * (`padTo(ipv4, 8)` beside a u64), or a value in a wider integer (`padTo(mac, 8).as('__u64')`).
 */
export function padTo<T>(inner: Field<T>, size: number): Field<T> {
  return field<T>({
    size,
    align: inner.align,
    ctype: `__u8[${size}]`,
    order: inner.order,
    text: inner.text,
    put(view, at, value) {
      inner.put(view, at, value);
      for (let i = inner.size; i < size; i++) view.setUint8(at + i, 0);
    },
    get: inner.get,
  });
}
