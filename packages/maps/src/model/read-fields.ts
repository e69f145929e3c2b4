import { ServiceError } from './service-error.ts';

/** Reads the fields of one JSON object of a service and refuses what it does not know; paths name the place in errors. */
export interface FieldReader {
  text(field: string): string | undefined;
  flag(field: string): boolean | undefined;
  /** A whole number; a text of digits counts as one. */
  count(field: string): number | undefined;
  choice<T extends string>(field: string, choices: Readonly<Record<string, T>>): T | undefined;
  list(field: string): readonly unknown[] | undefined;
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
  return {
    raw,
    fail,
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
      const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
      return typeof number === 'number' && Number.isInteger(number)
        ? number
        : fail(field, 'is no whole number');
    },
    choice(field, choices) {
      const value = raw(field);
      if (value === undefined) return undefined;
      const found = Object.hasOwn(choices, String(value)) ? choices[String(value)] : undefined;
      return found ?? fail(field, `is none of ${Object.keys(choices).join(', ')}`);
    },
    list(field) {
      const value = raw(field);
      return value === undefined || Array.isArray(value) ? value : fail(field, 'is no list');
    },
    done() {
      const unknown = Object.keys(fields).find((field) => !asked.has(field));
      if (unknown !== undefined) fail(unknown, `is no field here; known are ${[...asked].sort().join(', ')}`);
    },
  };
}
