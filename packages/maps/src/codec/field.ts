/**
 * A field: the codec of one member of a C struct, with what the documentation and the layout check need to know.
 * Every value outside of a field is in host order and readable; byte order lives here and nowhere else.
 */
import { getPrimitive, type Op, putPrimitive } from './primitive.ts';

/** Writes a value into bytes and reads it back. Sizes and positions are bytes. */
export interface Codec<T> {
  readonly size: number;
  /** Writes all `size` bytes at `at`, padding included. Throws a FieldError when the value does not fit. */
  put(view: DataView, at: number, value: T): void;
  get(view: DataView, at: number): T;
}

/** Text of a value for dumps: no spaces, and `parse` undoes `format`. */
export interface Text<T> {
  format(value: T): string;
  parse(text: string): T;
}

declare const brand: unique symbol;
/**
 * `T` under a name: a plain `T` can be given for it, but values of two different names cannot be mixed up
 * (a RevNatId is no BackendId).
 */
export type Branded<T, Name extends string> = T & { readonly [brand]?: Name };

/** How the bytes of a field are ordered: `none` where the question does not arise (one byte, byte strings). */
export type ByteOrder = 'host' | 'network' | 'none';

/** What a field is made of. */
export interface FieldSpec<T> extends Codec<T> {
  /** C alignment in bytes. */
  readonly align: number;
  /** C type as BTF names it, typedefs kept: `__be16`, `__u8[2]`, `union v6addr`. */
  readonly ctype: string;
  readonly order: ByteOrder;
  readonly text: Text<T>;
  /** Explicit padding: no value, always zero. */
  readonly isPad?: boolean;
  /** Meaning, one line, for docs/maps.md. */
  readonly docText?: string;
  /** Name of the member in C where the camelCase rule does not give it. */
  readonly cName?: string;
  /** Names of values (or of flag bits), for dumps and docs. */
  readonly names?: ValueNames;
  /** Set when a struct may use the primitive directly instead of `put` and `get`. */
  readonly op?: Op;
}

/** Names of a number's values (`kind: 'values'`) or of its bits (`kind: 'flags'`). */
export interface ValueNames {
  readonly kind: 'values' | 'flags';
  readonly byName: Readonly<Record<string, number>>;
}

export interface Field<T> extends FieldSpec<T> {
  /** The same field with its meaning. */
  doc(text: string): Field<T>;
  /** The same bytes under another C type: `be16.as('__u16')` where the C type hides the byte order. */
  as(ctype: string): Field<T>;
  /** The same field whose value type carries a name. */
  brand<Name extends string>(): Field<Branded<T, Name>>;
  /** The same field whose dump text uses names for its values. Numbers stay numbers in objects. */
  values(byName: Readonly<Record<string, number>>): Field<T>;
  /** The same field whose dump text shows its bits by name, joined with `|`. */
  flags(byName: Readonly<Record<string, number>>): Field<T>;
  /** The same field, called otherwise in C than camelCase tells. */
  named(cName: string): Field<T>;
}

/** Explicit padding; has no value. */
export interface Pad extends Field<undefined> {
  readonly isPad: true;
}

/** Value type of a field or struct codec. */
export type TypeOf<C> = C extends Codec<infer T> ? T : never;

/** Makes a field out of its parts. */
export function field<T>(spec: FieldSpec<T>): Field<T> {
  const made: Field<T> = {
    ...spec,
    doc: (docText) => field({ ...spec, docText }),
    as: (ctype) => field({ ...spec, ctype }),
    brand: <Name extends string>() => made as unknown as Field<Branded<T, Name>>,
    values: (byName) =>
      field({ ...spec, names: { kind: 'values', byName }, text: namedText(spec.text, byName, valueText) }),
    flags: (byName) =>
      field({ ...spec, names: { kind: 'flags', byName }, text: namedText(spec.text, byName, flagText) }),
    named: (cName) => field({ ...spec, cName }),
  };
  return Object.freeze(made);
}

type NumberText = (byName: Readonly<Record<string, number>>) => Text<number>;

function namedText<T>(_plain: Text<T>, byName: Readonly<Record<string, number>>, make: NumberText): Text<T> {
  return make(byName) as unknown as Text<T>;
}

/** Text of a number with named values; numbers without a name stay numbers. */
export function valueText(byName: Readonly<Record<string, number>>): Text<number> {
  const byValue = new Map(Object.entries(byName).map(([name, value]) => [value, name]));
  return {
    format: (value) => byValue.get(value) ?? String(value),
    parse: (text) => (Object.hasOwn(byName, text) ? byName[text]! : parseNumber(text)),
  };
}

/** Text of a flag word: names joined with `|`, unnamed bits as one hexadecimal number, `-` for none. */
export function flagText(byName: Readonly<Record<string, number>>): Text<number> {
  const bits = Object.entries(byName);
  return {
    format: (value) => {
      let rest = value;
      const shown: string[] = [];
      for (const [name, bit] of bits) {
        if ((value & bit) !== bit) continue;
        shown.push(name);
        rest &= ~bit;
      }
      if (rest !== 0) shown.push(`0x${(rest >>> 0).toString(16)}`);
      return shown.length === 0 ? '-' : shown.join('|');
    },
    parse: (text) => {
      if (text === '-') return 0;
      let value = 0;
      for (const part of text.split('|')) {
        const bits = Object.hasOwn(byName, part) ? byName[part]! : parseNumber(part);
        if (Number.isNaN(bits)) return bits;
        value |= bits;
      }
      return value >>> 0;
    },
  };
}

/** A field that is one primitive operation. */
export function primitiveField<T>(spec: Omit<FieldSpec<T>, 'put' | 'get'> & { readonly op: Op }): Field<T> {
  const { op } = spec;
  return field<T>({
    ...spec,
    put: (view, at, value) => putPrimitive(op, view, at, value),
    get: (view, at) => getPrimitive(op, view, at) as T,
  });
}

/** A number in decimal or 0x notation, else NaN, which no field takes. */
export function parseNumber(text: string): number {
  return /^(\d+|0x[0-9a-f]+)$/i.test(text) ? Number(text) : Number.NaN;
}

/** Text of plain integers. */
export const decimalText: Text<number> = { format: String, parse: parseNumber };
/** Text of 64-bit integers. */
export const bigintText: Text<bigint> = {
  format: String,
  parse: (text) => (text === '' ? (text as never) : BigInt(text)),
};
/** Text of values that are text already. */
export const plainText: Text<string> = { format: (value) => value, parse: (text) => text };
