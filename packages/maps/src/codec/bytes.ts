import { FieldError } from '../errors.ts';
import { type Field, field, type Pad, plainText, type Text } from './field.ts';
import { Op } from './primitive.ts';

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower-case hexadecimal digits of bytes, nothing between them. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += HEX[bytes[i]!];
  return text;
}

/** Bytes of hexadecimal digits; spaces between them are allowed. */
export function parseHex(text: string): Uint8Array {
  const digits = text.replaceAll(' ', '');
  if (digits.length % 2 !== 0 || /[^0-9a-fA-F]/.test(digits)) {
    throw new FieldError(
      'LBX_FIELD_TYPE',
      `${JSON.stringify(text)} is no even number of hexadecimal digits`,
      text,
    );
  }
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

const hexText: Text<Uint8Array> = {
  format: (value) => (value.length === 0 ? '-' : toHex(value)),
  parse: (text) => parseHex(text === '-' ? '' : text),
};

/** Exactly `size` bytes as they are. */
export function bytes(size: number): Field<Uint8Array> {
  return field<Uint8Array>({
    size,
    align: 1,
    ctype: `__u8[${size}]`,
    order: 'none',
    text: hexText,
    put(view, at, value) {
      if (!(value instanceof Uint8Array) || value.length !== size) {
        throw new FieldError('LBX_FIELD_RANGE', `expected a Uint8Array of ${size} bytes`, value);
      }
      for (let i = 0; i < size; i++) view.setUint8(at + i, value[i]!);
    },
    get(view, at) {
      const value = new Uint8Array(size);
      for (let i = 0; i < size; i++) value[i] = view.getUint8(at + i);
      return value;
    },
  });
}

/** `size` bytes of padding: written down because C would hide them, always zero because hash keys are compared whole. */
export function pad(size: number): Pad {
  const op = size === 1 ? Op.zero8 : size === 2 ? Op.zero16 : size === 4 ? Op.zero32 : Op.other;
  return field<undefined>({
    op,
    size,
    align: 1,
    ctype: size === 1 ? '__u8' : `__u8[${size}]`,
    order: 'none',
    isPad: true,
    text: { format: () => '', parse: () => undefined },
    // Zeroes are written each time: a reused buffer may hold another variant of the same union there.
    put(view, at) {
      for (let i = 0; i < size; i++) view.setUint8(at + i, 0);
    },
    get: () => undefined,
  }) as Pad;
}

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;

/** MAC address, `02:00:00:00:00:01`. */
export const mac: Field<string> = field<string>({
  size: 6,
  align: 1,
  ctype: '__u8[6]',
  order: 'none',
  text: plainText,
  put(view, at, value) {
    if (typeof value !== 'string' || !MAC.test(value)) {
      throw new FieldError(
        'LBX_FIELD_TYPE',
        `${JSON.stringify(value)} is no MAC address like 02:00:00:00:00:01`,
        value,
      );
    }
    for (let i = 0; i < 6; i++) view.setUint8(at + i, Number.parseInt(value.slice(3 * i, 3 * i + 2), 16));
  },
  get(view, at) {
    let text = HEX[view.getUint8(at)]!;
    for (let i = 1; i < 6; i++) text += `:${HEX[view.getUint8(at + i)]!}`;
    return text;
  },
});
