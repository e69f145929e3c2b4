import { nearestName } from './nearest-name.ts';

const kinds = {
  text: ['text', (value: unknown) => typeof value === 'string'],
  number: ['a number', (value: unknown) => typeof value === 'number' && !Number.isNaN(value)],
  flag: ['true or false', (value: unknown) => typeof value === 'boolean'],
  false: ['false', (value: unknown) => value === false],
  texts: ['a list of texts', (value: unknown) => isListOf(value, 'string')],
  numbers: ['a list of numbers', (value: unknown) => isListOf(value, 'number')],
  list: ['a list', (value: unknown) => Array.isArray(value)],
  call: ['a function', (value: unknown) => typeof value === 'function'],
  object: ['an object', (value: unknown) => isObject(value)],
  bytes: ['a Buffer', (value: unknown) => value instanceof Uint8Array],
} as const satisfies Record<string, readonly [string, (value: unknown) => boolean]>;

/** What kind of value an option takes; ranges and choices are for those who know them. */
export type OptionKind = keyof typeof kinds;

/** The kinds that each option of `T` may have: complete, because the compiler compares. */
export type OptionShape<T> = { readonly [Name in keyof Required<T>]: OptionKind | readonly OptionKind[] };

/** An option that is none, or whose value is of another kind. */
export interface BadOption {
  /** Name of the option; empty when there are no options at all. */
  readonly option: string;
  readonly value: unknown;
  /** What is wrong, and what would be right; one line. */
  readonly problem: string;
}

/**
 * The first option that cannot be meant: one that does not exist (a name with one letter wrong would else be as if it were
 * not there), or one of a wrong kind. `undefined` stands for an option that is left out. Types say the same to those who
 * compile; this says it to JavaScript, and to options that came out of a file.
 */
export function badOption<T>(given: unknown, shape: OptionShape<T>): BadOption | undefined {
  if (!isObject(given))
    return { option: '', value: given, problem: `expected an object, got ${shown(given)}` };
  const names = Object.keys(shape);
  for (const [option, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(shape, option)) {
      const near = nearestName(option, names);
      const hint = near === undefined ? `there are ${names.join(', ')}` : `did you mean '${near}'?`;
      return { option, value, problem: `there is no such option; ${hint}` };
    }
    const takes = [shape[option as keyof T]].flat() as OptionKind[];
    if (!takes.some((kind) => kinds[kind][1](value))) {
      const wanted = takes.map((kind) => kinds[kind][0]).join(' or ');
      return { option, value, problem: `expected ${wanted}, got ${shown(value)}` };
    }
  }
  return undefined;
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isListOf = (value: unknown, type: string): boolean =>
  Array.isArray(value) && value.every((one) => typeof one === type);

/** Short enough for a line, whatever it is. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value))
    return `a list of ${[...new Set(value.map((one) => typeof one))].join(' and ') || 'nothing'}`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

const quoted = (text: string): string => `'${text.length > 60 ? `${text.slice(0, 57)}...` : text}'`;
