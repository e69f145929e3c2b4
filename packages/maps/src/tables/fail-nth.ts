import type { FailOn } from './memory-table-options.ts';
import type { TableErrorCode } from './table-error.ts';

/** Fault injection: the n-th write fails with `code`, every other one works. */
export function failNth(n: number, code: TableErrorCode): FailOn {
  return ({ write }) => (write === n ? code : undefined);
}

/** Fault injection: the n-th write and all later ones fail, as if the writer had been killed there. */
export function failFrom(n: number, code: TableErrorCode): FailOn {
  return ({ write }) => (write >= n ? code : undefined);
}
