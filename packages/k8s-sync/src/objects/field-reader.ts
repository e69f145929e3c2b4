import { BadObjectError } from '../errors.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** One object does not fill the log: the rest is only counted. */
const maxProblems = 20;

/**
 * Reads fields of an object of unknown shape. Absent (undefined, null) is never a problem; a value of another type,
 * or out of bounds, is noted in `problems` and reads as undefined.
 */
export class FieldReader {
  readonly #identity: { kind: string; namespace: string; objectName: string; origin: string | undefined };
  readonly #problems: BadObjectError[] = [];
  #more = 0;

  constructor(identity: { kind: string; namespace: string; objectName: string; origin: string | undefined }) {
    this.#identity = identity;
  }

  /** What was found, at most 20 of them and one line about the rest. */
  get problems(): readonly BadObjectError[] {
    if (this.#more === 0) return this.#problems;
    const rest = this.#error('', `${this.#more} more problems`, false);
    return [...this.#problems, rest];
  }

  problem(field: string, reason: string): void {
    if (this.#problems.length < maxProblems) this.#problems.push(this.#error(field, reason, false));
    else this.#more += 1;
  }

  /** Notes that the whole object cannot be used. */
  refuse(field: string, reason: string): undefined {
    this.#problems.unshift(this.#error(field, reason, true));
    return undefined;
  }

  record(value: unknown, field: string): JsonObject | undefined {
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'object' && !Array.isArray(value)) return value as JsonObject;
    this.problem(field, `should be an object, is ${shown(value)}`);
    return undefined;
  }

  /** Absent reads as an empty list; what is beyond `limit` is left out. */
  list(value: unknown, field: string, limit: number): readonly unknown[] {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) {
      this.problem(field, `should be a list, is ${shown(value)}`);
      return [];
    }
    if (value.length <= limit) return value;
    this.problem(field, `has ${value.length} items; those beyond the first ${limit} are left out`);
    return value.slice(0, limit);
  }

  string(value: unknown, field: string): string | undefined {
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string' && value.length <= 1024) return value;
    this.problem(
      field,
      typeof value === 'string' ? `has ${value.length} characters` : `should be a string, is ${shown(value)}`,
    );
    return undefined;
  }

  boolean(value: unknown, field: string): boolean | undefined {
    if (value === undefined || value === null || typeof value === 'boolean') return value ?? undefined;
    this.problem(field, `should be true or false, is ${shown(value)}`);
    return undefined;
  }

  integer(value: unknown, field: string, min: number, max: number): number | undefined {
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    this.problem(field, `should be a number from ${min} to ${max}, is ${shown(value)}`);
    return undefined;
  }

  oneOf<T extends string>(value: unknown, field: string, allowed: readonly T[]): T | undefined {
    if (value === undefined || value === null) return undefined;
    if (allowed.includes(value as T)) return value as T;
    this.problem(field, `should be ${allowed.join(' or ')}, is ${shown(value)}`);
    return undefined;
  }

  #error(field: string, reason: string, refused: boolean): BadObjectError {
    return new BadObjectError({ ...this.#identity, field, reason, refused });
  }
}

/** A value for a message, short whatever it is. */
export function shown(value: unknown): string {
  if (typeof value === 'string')
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'null';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  return String(value);
}
