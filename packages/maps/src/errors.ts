/** Codes of the errors that this package throws; match on these, never with instanceof across packages. */
export type MapsErrorCode =
  | 'LBX_BAD_OPTION'
  | 'LBX_FIELD_RANGE'
  | 'LBX_FIELD_TYPE'
  | 'LBX_ADDRESS'
  | 'LBX_LAYOUT'
  | 'LBX_LAYOUT_MISMATCH'
  | 'LBX_SIZE'
  | 'LBX_BATCH_FULL'
  | 'LBX_DUMP_SYNTAX'
  | 'LBX_VECTORS'
  // Service model, ids, plan and apply.
  | 'LBX_SERVICE_ADDRESS'
  | 'LBX_SERVICE_FAMILY'
  | 'LBX_SERVICE_PORT'
  | 'LBX_SERVICE_AFFINITY'
  | 'LBX_SERVICE_FIELD'
  | 'LBX_FRONTEND_CONFLICT'
  | 'LBX_IDS_EXHAUSTED'
  | 'LBX_ID_CONFLICT'
  | 'LBX_MAP_FULL'
  | 'LBX_MAP_WRITE';

/** Base of the errors of `@lbx/maps`: a stable `code` and a message with what was tried, what was found and what to do. */
export class MapsError extends Error {
  override readonly name: string = 'MapsError';
  readonly code: MapsErrorCode;
  constructor(code: MapsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * A value does not fit its field. `field` is `struct.field` once it has passed through a struct
 * (`lb4_key.dport`), and empty when the field codec was called alone.
 */
export class FieldError extends MapsError {
  override readonly name = 'FieldError';
  readonly field: string;
  readonly problem: string;
  readonly value: unknown;
  constructor(code: MapsErrorCode, problem: string, value: unknown, field = '') {
    super(code, field === '' ? problem : `${field}: ${problem}`);
    this.field = field;
    this.problem = problem;
    this.value = value;
  }

  /** The same error with the place in front: `struct.field`, outermost first. */
  at(name: string): FieldError {
    return new FieldError(
      this.code,
      this.problem,
      this.value,
      this.field === '' ? name : `${name}.${this.field}`,
    );
  }
}

/** Number outside of what the field holds. */
export function rangeError(value: unknown, min: number | bigint, max: number | bigint): FieldError {
  const shown = typeof value === 'string' ? JSON.stringify(value) : String(value);
  const type = typeof max === 'bigint' ? 'bigint' : 'number';
  return typeof value === type
    ? new FieldError('LBX_FIELD_RANGE', `${shown} is not an integer in ${min}..${max}`, value)
    : new FieldError(
        'LBX_FIELD_TYPE',
        `expected a ${type} in ${min}..${max}, got ${typeof value} ${shown}`,
        value,
      );
}

/** Declared layouts and a compiled object disagree; `differences` has all of them, one a line. */
export class LayoutMismatchError extends MapsError {
  override readonly name = 'LayoutMismatchError';
  readonly differences: readonly string[];
  constructor(what: string, differences: readonly string[]) {
    super(
      'LBX_LAYOUT_MISMATCH',
      `${what} has other map layouts than this version of @lbx/maps; use objects and packages of one release:\n  ${differences.join('\n  ')}`,
    );
    this.differences = differences;
  }
}
