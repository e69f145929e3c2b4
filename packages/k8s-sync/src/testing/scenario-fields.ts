import { ScenarioError } from './scenario-error.ts';

/** The keys of one mapping of a scenario file, read one by one; what nobody asked for is an error at the `end`. */
export interface ScenarioFields {
  readonly line: number;
  has(key: string): boolean;
  keys(): string[];
  string(key: string): string | undefined;
  /** A text, "" if the key is there without one. */
  text(key: string): string | undefined;
  number(key: string): number | undefined;
  numbers(key: string): readonly number[] | undefined;
  boolean(key: string): boolean | undefined;
  oneOf<T extends string>(key: string, values: readonly T[]): T | undefined;
  /** "90s", "15m", "3h" in seconds. */
  seconds(key: string): number | undefined;
  strings(key: string): readonly string[] | undefined;
  objects(key: string): readonly object[];
  fields(key: string): ScenarioFields | undefined;
  /** @throws ScenarioError for a key that was not read. */
  end(where?: string): void;
  fail(reason: string): never;
}

/** Reads `value`, which begins at `line` of `file`. */
export function fieldsOf(value: unknown, file: string, line: number): ScenarioFields {
  const fail = (reason: string): never => {
    throw new ScenarioError(file, line, reason);
  };
  if (!isMapping(value)) fail(`should be keys and values, is ${JSON.stringify(value) ?? 'empty'}`);
  const mapping = value as Readonly<Record<string, unknown>>;
  const known = new Set<string>();
  function take<T>(key: string, is: (value: unknown) => value is T, what: string): T | undefined {
    known.add(key);
    const found = mapping[key];
    if (found === undefined || is(found)) return found;
    return fail(`${key} should be ${what}, is ${JSON.stringify(found)}`);
  }
  const listOf =
    <T>(is: (value: unknown) => value is T) =>
    (list: unknown): list is readonly T[] =>
      Array.isArray(list) && list.every(is);
  return {
    line,
    has: (key) => Object.hasOwn(mapping, key),
    keys: () => Object.keys(mapping),
    string: (key) => take(key, isString, 'a text'),
    text: (key) => (take(key, isText, 'a text') === null ? '' : (mapping[key] as string | undefined)),
    number: (key) => take(key, isNumber, 'a number'),
    numbers: (key) => take(key, listOf(isNumber), 'a list of numbers'),
    boolean: (key) => take(key, (found) => typeof found === 'boolean', 'true or false'),
    oneOf<T extends string>(key: string, values: readonly T[]) {
      return take(
        key,
        (found): found is T => (values as readonly unknown[]).includes(found),
        values.join(' or '),
      );
    },
    seconds(key) {
      const text = take(key, isTime, 'a time such as 90s, 15m or 3h');
      return text === undefined
        ? undefined
        : Number.parseInt(text, 10) * secondsOf[text.at(-1) as 's' | 'm' | 'h'];
    },
    strings: (key) => take(key, listOf(isString), 'a list of texts'),
    objects: (key) => take(key, listOf(isMapping), 'a list of objects') ?? [],
    fields(key) {
      const found = take(key, isMapping, 'keys and values');
      return found === undefined ? undefined : fieldsOf(found, file, line);
    },
    end(where = '') {
      const unknown = Object.keys(mapping).filter((key) => !known.has(key));
      if (unknown.length > 0)
        fail(`${where}unknown key ${unknown.join(', ')}; there are ${[...known].join(', ')}`);
    },
    fail,
  };
}

const isString = (value: unknown): value is string => typeof value === 'string';
const isText = (value: unknown): value is string | null => isString(value) || value === null;
const isTime = (value: unknown): value is string => isString(value) && /^\d+[smh]$/.test(value);
const secondsOf = { s: 1, m: 60, h: 3600 };
const isNumber = (value: unknown): value is number => typeof value === 'number';
const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
