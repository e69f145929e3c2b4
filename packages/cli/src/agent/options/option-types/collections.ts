import { nearestName } from '@lbx/maps';
import { BadValue, type OptionType, shown } from './option-type.ts';

/** Several of one kind: commas in text, a list (or just one) in YAML. */
export function listOf<T>(type: OptionType<T>): OptionType<readonly T[]> {
  return {
    ...type,
    schema: { anyOf: [type.schema, { type: 'array', items: type.schema }] },
    shape: 'many',
    canBeFalse: false,
    fromText: (text) => text.split(',').map(type.fromText),
    read: (plain) =>
      Array.isArray(plain) ? plain.map((item, at) => within(at, () => type.read(item))) : [type.read(plain)],
  };
}

/** Values under names: `NAME=VALUE,…` in text, a mapping in YAML. */
export function byName<T, N extends string = string>(
  type: OptionType<T>,
  names: { readonly placeholder: string; readonly known?: readonly N[] },
): OptionType<Readonly<Record<N, T>>> {
  const { placeholder, known } = names;
  return {
    placeholder: `${placeholder}=${type.placeholder}`,
    schema: {
      type: 'object',
      additionalProperties: type.schema,
      ...(known === undefined ? {} : { propertyNames: { enum: known } }),
    },
    shape: 'named',
    canBeFalse: false,
    fromText: (text) => (text.includes('=') ? pairs(text, type) : text),
    read(plain) {
      if (plain === null || typeof plain !== 'object' || Array.isArray(plain))
        throw new BadValue(`${shown(plain)} is no mapping of ${placeholder} to ${type.placeholder}`);
      const entries = Object.entries(plain).map(([name, value]) => {
        if (known !== undefined && !known.includes(name as N))
          throw new BadValue(`${shown(name)} is none of ${namesOrNearest(name, known)}`, [name]);
        return [name, within(name, () => type.read(value))];
      });
      return Object.fromEntries(entries);
    },
  };
}

/** The same for all, or by name. */
export function oneOrByName<T>(
  type: OptionType<T>,
  placeholder: string,
): OptionType<T | Readonly<Record<string, T>>> {
  const named = byName(type, { placeholder });
  return {
    ...type,
    placeholder: `${type.placeholder}|${placeholder}=…`,
    schema: { anyOf: [type.schema, named.schema] },
    fromText: (text) => (text.includes('=') ? named.fromText(text) : type.fromText(text)),
    read: (plain) => (plain !== null && typeof plain === 'object' ? named.read(plain) : type.read(plain)),
  };
}

/** All that there are, or the one that was probably meant where there are many. */
function namesOrNearest(given: string, known: readonly string[]): string {
  const near = known.length > 12 ? nearestName(given, known) : undefined;
  return near === undefined
    ? known.join(', ')
    : `the ${known.length} that there are; did you mean '${near}'?`;
}

function pairs(text: string, type: OptionType<unknown>): Record<string, unknown> {
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const at = pair.indexOf('=');
      return at < 0 ? [pair, ''] : [pair.slice(0, at), type.fromText(pair.slice(at + 1))];
    }),
  );
}

/** Says where in the value it was. */
function within<T>(step: string | number, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    throw new BadValue(error.message, [step, ...error.path]);
  }
}
