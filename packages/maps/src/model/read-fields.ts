import { nearestName } from '../options/nearest-name.ts';
import { ServiceError } from './service-error.ts';

/** Reads the fields of one JSON object of a service and refuses what it does not know; paths name the place in errors. */
export interface FieldReader {
  text(field: string): string | undefined;
  flag(field: string): boolean | undefined;
  /** A whole number; a text of digits counts as one. */
  count(field: string): number | undefined;
  choice<T extends string>(field: string, choices: Readonly<Record<string, T>>): T | undefined;
  list(field: string): readonly unknown[] | undefined;
  /** A list of texts; a number counts as one. */
  texts(field: string): readonly string[] | undefined;
  /** A list of whole numbers; a text of digits counts as one. */
  counts(field: string): readonly number[] | undefined;
  raw(field: string): unknown;
  /** Throws when the object has a field that nobody asked for. */
  done(): void;
  fail(field: string, problem: string): never;
}

/** A reader of `value`, which must be an object. `path` is where it stands: `` or `backends[0]`. */
export function readFields(service: string, path: string, value: unknown): FieldReader {
  const at = (field: string) => (path === '' ? field : `${path}.${field}`);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ServiceError(
      'LBX_SERVICE_FIELD',
      service,
      path === '' ? 'service' : path,
      value,
      'is no object',
    );
  }
  const fields = value as Readonly<Record<string, unknown>>;
  const asked = new Set<string>();
  const raw = (field: string) => {
    asked.add(field);
    return fields[field] ?? undefined; // null, as YAML writes an empty field, is absent
  };
  const fail = (field: string, problem: string): never => {
    throw new ServiceError('LBX_SERVICE_FIELD', service, at(field), fields[field], problem);
  };
  const list = (field: string) => {
    const value = raw(field);
    return value === undefined || Array.isArray(value) ? value : fail(field, 'is no list');
  };
  /** Each item as `read` has it; undefined is none. */
  const items = <T>(field: string, read: (item: unknown) => T | undefined, problem: string) =>
    (list(field) as readonly unknown[] | undefined)?.map((item, i): T => {
      const found = read(item);
      if (found !== undefined) return found;
      throw new ServiceError('LBX_SERVICE_FIELD', service, at(`${field}[${i}]`), item, problem);
    });
  return {
    raw,
    fail,
    list,
    texts: (field) => items(field, plainText, 'is no text'),
    counts: (field) => items(field, wholeNumber, 'is no whole number'),
    text(field) {
      const value = raw(field);
      return value === undefined || typeof value === 'string' ? value : fail(field, 'is no text');
    },
    flag(field) {
      const value = raw(field);
      return value === undefined || typeof value === 'boolean'
        ? value
        : fail(field, 'is neither true nor false');
    },
    count(field) {
      const value = raw(field);
      if (value === undefined) return undefined;
      return wholeNumber(value) ?? fail(field, 'is no whole number');
    },
    choice(field, choices) {
      const value = raw(field);
      if (value === undefined) return undefined;
      const name = plainText(value) ?? '';
      const found = Object.hasOwn(choices, name) ? choices[name] : undefined;
      return found ?? fail(field, `is none of ${Object.keys(choices).join(', ')}`);
    },
    done() {
      const unknown = Object.keys(fields).find((field) => !asked.has(field));
      if (unknown === undefined) return;
      const near = nearestName(unknown, [...asked]);
      const hint = near === undefined ? '' : `did you mean '${near}'? `;
      fail(unknown, `is no field here; ${hint}known are ${[...asked].sort().join(', ')}`);
    },
  };
}

/** Of a text or number. Lists and objects are none, and what they make of `String` is theirs. */
const plainText = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;

function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) ? number : undefined;
}
