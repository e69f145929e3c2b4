import { FieldError, MapsError } from '../errors.ts';
import type { ByteOrder, Codec, Field, Pad, Text, ValueNames } from './field.ts';
import { memberReader } from './member.ts';
import { getPrimitive, Op, putPrimitive } from './primitive.ts';

/** One member of a struct as documentation and checks see it. Sizes and offsets are bytes. */
export interface FieldInfo {
  /** Name in TypeScript: the C name in camelCase. */
  readonly name: string;
  /** Name in C. */
  readonly cName: string;
  readonly offset: number;
  readonly size: number;
  readonly ctype: string;
  readonly order: ByteOrder;
  readonly isPad: boolean;
  readonly doc: string;
  readonly names?: ValueNames;
}

/** Codec of one C struct (or of one reading of it, where a union has several). */
export interface Struct<T> extends Codec<T> {
  /** Name of the struct in C. Several readings of one C struct share it. */
  readonly name: string;
  readonly align: number;
  readonly fields: readonly FieldInfo[];
  /** The value is the only member and has no struct around it in C (a `__u32` key). */
  readonly isScalar: boolean;
  /** All readings of the struct: itself, or the members of a `variants`. */
  readonly readings: readonly Struct<unknown>[];
  /** One-line text `name=value name=value` for dumps. */
  readonly text: Text<T>;
  /** Allocating form of `put`. */
  encode(value: T): Uint8Array;
  /** Allocating form of `get`; refuses any other length than `size`. */
  decode(bytes: Uint8Array): T;
}

/** The object type that a map of fields describes: read-only, without the padding. */
export type StructValue<F> = {
  readonly [K in keyof F as F[K] extends Pad ? never : K]: F[K] extends Codec<infer T> ? T : never;
};

// biome-ignore lint/suspicious/noExplicitAny: the field map holds fields of every type
export type AnyFields = Readonly<Record<string, Field<any>>>;

export interface StructOptions {
  /** Like `__attribute__((packed))`: no alignment rules. */
  readonly packed?: boolean;
}

/** `revNatIndex` to `rev_nat_index`: the one rule between names here and in C. */
function cNameOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * Declares a C struct: computes the offsets by C's rules and refuses padding that is not written down.
 *
 *     const Key = struct('lb4_key', { address: ipv4, dport: be16, backendSlot: u16, proto: u8, scope: u8, pad: pad(2) });
 *     Key.encode({ address: '198.51.100.1', dport: 80, backendSlot: 0, proto: 6, scope: 0 });
 *     // c6336401 0050 0000 06 00 0000
 */
export function struct<const F extends AnyFields>(
  name: string,
  fields: F,
  options: StructOptions = {},
): Struct<StructValue<F>> {
  return build<StructValue<F>>(name, fields, options, false);
}

/** A key or value that is a bare integer in C: `scalar('__u32', 'backendId', u32)` is `{ backendId }`. */
export function scalar<N extends string, T>(name: N, of: Field<T>): Struct<{ readonly [K in N]: T }> {
  return build(of.ctype, { [name]: of }, {}, true);
}

function build<T>(name: string, fields: AnyFields, options: StructOptions, isScalar: boolean): Struct<T> {
  const infos: FieldInfo[] = [];
  const names: string[] = [];
  const codecs: Field<unknown>[] = [];
  let offset = 0;
  let align = 1;
  for (const [key, codec] of Object.entries(fields) as [string, Field<unknown>][]) {
    if (!options.packed) {
      align = Math.max(align, codec.align);
      const hole = (codec.align - (offset % codec.align)) % codec.align;
      if (hole !== 0) throw hiddenPadding(name, `put ${hole} bytes before ${key}`, hole);
    }
    infos.push({
      name: key,
      cName: codec.cName ?? cNameOf(key),
      offset,
      size: codec.size,
      ctype: codec.ctype,
      order: codec.order,
      isPad: codec.isPad === true,
      doc: codec.docText ?? '',
      ...(codec.names === undefined ? {} : { names: codec.names }),
    });
    names.push(key);
    codecs.push(codec);
    offset += codec.size;
  }
  const size = offset;
  const tail = (align - (size % align)) % align;
  if (tail !== 0) throw hiddenPadding(name, `append ${tail} bytes`, tail);

  const put = makePut<T>(name, infos, codecs);
  const get = makeGet<T>(infos, codecs);
  const made: Struct<T> = {
    name,
    size,
    align,
    fields: infos,
    isScalar,
    get readings() {
      return [made as Struct<unknown>];
    },
    text: makeText<T>(name, names, codecs),
    put,
    get,
    encode: (value) => encodeWith(made, value),
    decode: (bytes) => decodeWith(made, bytes),
  };
  return Object.freeze(made);
}

function hiddenPadding(name: string, what: string, hole: number): MapsError {
  return new MapsError(
    'LBX_LAYOUT',
    `struct ${name}: C would ${what} as padding; write them as pad(${hole}) or declare the struct { packed: true }`,
  );
}

// Loops over parallel arrays: nothing is allocated per call, and no code is generated. Numbers of operations are
// written as literals here and in primitive.ts: through `Op` a key took 119 ns instead of 102.

function makePut<T>(name: string, infos: readonly FieldInfo[], codecs: readonly Field<unknown>[]) {
  const names = infos.map((info) => info.name);
  const reads = names.map(memberReader);
  const offsets = Uint16Array.from(infos.map((info) => info.offset));
  const ops = Uint8Array.from(codecs.map((codec) => codec.op ?? Op.other));
  const count = names.length;
  return (view: DataView, at: number, value: T): void => {
    let i = 0;
    try {
      for (; i < count; i++) {
        const op = ops[i] as Op;
        const place = at + offsets[i]!;
        if (op >= 7 /* zeroes */) putPrimitive(op, view, place, 0);
        else {
          const x = reads[i]!(value as never);
          if (op === 0 /* other */) codecs[i]!.put(view, place, x);
          else putPrimitive(op, view, place, x);
        }
      }
    } catch (error) {
      throw placed(error, name, names[i]!, value);
    }
  };
}

function placed(error: unknown, struct: string, field: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object') {
    return new FieldError(
      'LBX_FIELD_TYPE',
      `expected an object with its fields, got ${String(value)}`,
      value,
      struct,
    );
  }
  if (error instanceof FieldError) return error.at(field).at(struct);
  // A bigint, a symbol or nothing where a number or an object belongs: say where.
  if (!(error instanceof TypeError)) return error;
  return new FieldError('LBX_FIELD_TYPE', error.message, value, `${struct}.${field}`);
}

function makeGet<T>(infos: readonly FieldInfo[], codecs: readonly Field<unknown>[]) {
  const members = infos
    .map((info, i) => ({ name: info.name, offset: info.offset, codec: codecs[i]!, isPad: info.isPad }))
    .filter((member) => !member.isPad);
  const names = members.map((member) => member.name);
  const offsets = members.map((member) => member.offset);
  const readers = members.map((member) => member.codec);
  const ops = readers.map((codec) => codec.op ?? Op.other);
  const count = members.length;
  return (view: DataView, at: number): T => {
    const value: Record<string, unknown> = {};
    for (let i = 0; i < count; i++) {
      const op = ops[i]!;
      const place = at + offsets[i]!;
      value[names[i]!] = op === 0 /* other */ ? readers[i]!.get(view, place) : getPrimitive(op, view, place);
    }
    return value as T;
  };
}

function makeText<T>(struct: string, names: readonly string[], codecs: readonly Field<unknown>[]): Text<T> {
  const shown = names
    .map((name, i) => ({ name, codec: codecs[i]! }))
    .filter(({ codec }) => codec.isPad !== true);
  return {
    format: (value) =>
      shown.length === 0
        ? '-'
        : shown
            .map(
              ({ name, codec }) => `${name}=${codec.text.format((value as Record<string, unknown>)[name])}`,
            )
            .join(' '),
    parse: (text) => {
      const given = new Map(
        text === '-' ? [] : text.split(' ').map((part) => splitOnce(part, '=') as [string, string]),
      );
      const value: Record<string, unknown> = {};
      for (const { name, codec } of shown) {
        const fieldText = given.get(name);
        if (fieldText === undefined) {
          throw new MapsError('LBX_DUMP_SYNTAX', `${struct}: ${JSON.stringify(text)} has no ${name}=`);
        }
        value[name] = codec.text.parse(fieldText);
      }
      return value as T;
    },
  };
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** Allocating form of `put`. */
export function encodeWith<T>(codec: Codec<T>, value: T): Uint8Array {
  const bytes = new Uint8Array(codec.size);
  codec.put(new DataView(bytes.buffer), 0, value);
  return bytes;
}

/** Allocating form of `get`, for bytes of exactly the codec's size. */
export function decodeWith<T>(codec: Codec<T> & { readonly name: string }, bytes: Uint8Array): T {
  if (bytes.length !== codec.size) {
    throw new MapsError('LBX_SIZE', `${codec.name} is ${codec.size} bytes, got ${bytes.length}`);
  }
  return codec.get(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0);
}
