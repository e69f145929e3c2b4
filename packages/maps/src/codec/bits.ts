import { rangeError } from '../errors.ts';
import { type Field, field, parseNumber } from './field.ts';

/**
 * Splits an unsigned word into named parts, lowest bits first: `bits(u32, { seconds: 24, algorithm: 8 })` is an
 * object `{ seconds, algorithm }` with `algorithm` in the high byte. The widths must fill the word.
 */
export function bits<W extends Readonly<Record<string, number>>>(
  word: Field<number>,
  widths: W,
): Field<{ readonly [K in keyof W]: number }> {
  type Value = { readonly [K in keyof W]: number };
  const parts: { name: string; scale: number; max: number }[] = [];
  let shift = 0;
  for (const [name, width] of Object.entries(widths)) {
    parts.push({ name, scale: 2 ** shift, max: 2 ** width - 1 });
    shift += width;
  }
  if (shift !== word.size * 8 || shift > 32) {
    throw new RangeError(
      `bits: the widths add up to ${shift} of ${word.size * 8} bits; name the unused ones too`,
    );
  }
  return field<Value>({
    size: word.size,
    align: word.align,
    ctype: word.ctype,
    order: word.order,
    text: {
      format: (value) => parts.map((part) => String(value[part.name])).join('/'),
      parse: (text) => {
        const texts = text.split('/');
        return Object.fromEntries(parts.map((part, i) => [part.name, parseNumber(texts[i] ?? '')])) as Value;
      },
    },
    put(view, at, value) {
      let sum = 0;
      for (let i = 0; i < parts.length; i++) {
        const { name, scale, max } = parts[i]!;
        const x = value[name] as number;
        if (!(x >= 0 && x <= max) || !Number.isInteger(x)) throw rangeError(x, 0, max).at(name);
        sum += x * scale;
      }
      word.put(view, at, sum);
    },
    get(view, at) {
      const sum = word.get(view, at);
      const value: Record<string, number> = {};
      for (let i = 0; i < parts.length; i++) {
        const { name, scale, max } = parts[i]!;
        value[name] = Math.floor(sum / scale) % (max + 1);
      }
      return value as Value;
    },
  });
}
