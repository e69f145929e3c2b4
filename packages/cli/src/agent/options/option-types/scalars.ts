import { assertTableSize } from '@lbx/maglev';
import { BadValue, type JsonSchema, type OptionType, shown } from './option-type.ts';

const scalar = <T>(
  placeholder: string,
  schema: JsonSchema,
  read: (plain: unknown) => T,
  fromText: (text: string) => unknown = (text) => text,
): OptionType<T> => ({ placeholder, schema, shape: 'one', canBeFalse: false, fromText, read });

/** Digits are a number; all else stays what it is, for the message. */
const numberFromText = (text: string): unknown => (/^\d+$/.test(text) ? Number(text) : text);

/**
 * Text.
 * @param check - throws, with what to say instead, when it is not what it must be.
 * @param schema - of the text, beyond its type.
 */
export function text(
  placeholder: string,
  check: (value: string) => unknown = () => {},
  schema: JsonSchema = {},
): OptionType<string> {
  return scalar(placeholder, { type: 'string', ...schema }, (plain) => {
    if (typeof plain !== 'string') throw new BadValue(`${shown(plain)} is no text`);
    try {
      check(plain);
    } catch (error) {
      throw new BadValue(`${shown(plain)}: ${(error as Error).message}`);
    }
    return plain;
  });
}

/** A whole number. */
export function wholeNumber(placeholder: string, low: number, high: number): OptionType<number> {
  const schema = { type: 'integer', minimum: low, maximum: high };
  const read = (plain: unknown) => {
    if (Number.isInteger(plain) && (plain as number) >= low && (plain as number) <= high)
      return plain as number;
    throw new BadValue(`${shown(plain)} is no whole number from ${low} to ${high}`);
  };
  return scalar(placeholder, schema, read, numberFromText);
}

/** Seconds between two turns; 0 (and false) for never. */
export function secondsOrNever(high: number): OptionType<number | false> {
  const number = wholeNumber('seconds', 0, high);
  return {
    ...number,
    schema: { anyOf: [number.schema, { const: false }] },
    canBeFalse: true,
    fromText: (given) => (given === 'false' ? false : number.fromText(given)),
    read: (plain) => (plain === false ? false : number.read(plain) || false),
  };
}

/** A size that a Maglev table can have. Checked at once, also where no table is made: maps keep the size they were made for. */
export function tableSize(): OptionType<number> {
  const read = (plain: unknown) => {
    if (typeof plain !== 'number') throw new BadValue(`${shown(plain)} is no number`);
    try {
      assertTableSize(plain);
    } catch (error) {
      throw new BadValue((error as Error).message);
    }
    return plain;
  };
  return scalar('prime', { type: 'integer', minimum: 2 }, read, numberFromText);
}

/** Yes or no. */
export function yesOrNo(): OptionType<boolean> {
  const words: Readonly<Record<string, boolean>> = { true: true, false: false, 1: true, 0: false };
  return {
    placeholder: '',
    schema: { type: 'boolean' },
    shape: 'one',
    canBeFalse: true,
    fromText: (given) => words[given.toLowerCase()] ?? given,
    read(plain) {
      if (typeof plain === 'boolean') return plain;
      throw new BadValue(`${shown(plain)} is neither true nor false`);
    },
  };
}

/** One of a few words or numbers. */
export function choice<const C extends string | number>(...choices: readonly C[]): OptionType<C> {
  return scalar(
    choices.join('|'),
    { enum: choices },
    (plain) => {
      const found = choices.find((one) => one === plain);
      if (found !== undefined) return found;
      throw new BadValue(`${shown(plain)} is none of ${choices.join(', ')}`);
    },
    (given) => choices.find((one) => String(one) === given) ?? given,
  );
}

/** One type, or false for "not at all". */
export function orFalse<T>(type: OptionType<T>): OptionType<T | false> {
  return {
    ...type,
    schema: { anyOf: [type.schema, { const: false }] },
    canBeFalse: true,
    fromText: (given) => (given === 'false' ? false : type.fromText(given)),
    read: (plain) => (plain === false ? false : type.read(plain)),
  };
}

/** One type, or true or false. */
export function orYesOrNo<T>(type: OptionType<T>): OptionType<T | boolean> {
  const words = yesOrNo();
  return {
    ...type,
    placeholder: `true|false|${type.placeholder}`,
    schema: { anyOf: [type.schema, words.schema] },
    fromText(given) {
      const word = words.fromText(given);
      return typeof word === 'boolean' ? word : type.fromText(given);
    },
    read: (plain) => (typeof plain === 'boolean' ? plain : type.read(plain)),
  };
}
