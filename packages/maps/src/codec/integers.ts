import { FieldError, rangeError } from '../errors.ts';
import { bigintText, decimalText, type Field, field, primitiveField } from './field.ts';
import { Op } from './primitive.ts';

const LITTLE = true;
const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** Unsigned byte. */
export const u8: Field<number> = primitiveField({
  op: Op.u8,
  size: 1,
  align: 1,
  ctype: '__u8',
  order: 'none',
  text: decimalText,
});

/** 16 bits, host order. */
export const u16: Field<number> = primitiveField({
  op: Op.u16,
  size: 2,
  align: 2,
  ctype: '__u16',
  order: 'host',
  text: decimalText,
});

/** 32 bits, host order. */
export const u32: Field<number> = primitiveField({
  op: Op.u32,
  size: 4,
  align: 4,
  ctype: '__u32',
  order: 'host',
  text: decimalText,
});

/** 64 bits, host order, as bigint: cookies, counters, time stamps. */
export const u64: Field<bigint> = field({
  size: 8,
  align: 8,
  ctype: '__u64',
  order: 'host',
  text: bigintText,
  put(view, at, value) {
    if (typeof value !== 'bigint' || value < 0n || value > U64_MAX) throw rangeError(value, 0n, U64_MAX);
    view.setBigUint64(at, value, LITTLE);
  },
  get: (view, at) => view.getBigUint64(at, LITTLE),
});

/** 16 bits, network order; the value is in host order. */
export const be16: Field<number> = primitiveField({
  op: Op.be16,
  size: 2,
  align: 2,
  ctype: '__be16',
  order: 'network',
  text: decimalText,
});

/** 32 bits, network order; the value is in host order. */
export const be32: Field<number> = primitiveField({
  op: Op.be32,
  size: 4,
  align: 4,
  ctype: '__be32',
  order: 'network',
  text: decimalText,
});

/** Bit 0 of a byte as boolean, the other bits zero. */
export const bit0: Field<boolean> = field({
  size: 1,
  align: 1,
  ctype: '__u8',
  order: 'none',
  text: {
    format: (value) => (value ? '1' : '0'),
    parse: (text) => (text === '1' ? true : text === '0' ? false : (text as never)),
  },
  put(view, at, value) {
    if (typeof value !== 'boolean') {
      throw new FieldError('LBX_FIELD_TYPE', `expected true or false, got ${String(value)}`, value);
    }
    view.setUint8(at, value ? 1 : 0);
  },
  get: (view, at) => (view.getUint8(at) & 1) === 1,
});
