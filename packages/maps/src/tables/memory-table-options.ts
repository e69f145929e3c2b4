import type { TableErrorCode } from './table-error.ts';

/** A call that a fault injection may refuse. */
export interface TableCall {
  readonly operation: 'get' | 'set' | 'delete';
  readonly map: string;
  readonly key: unknown;
  /** Number of this write among all writes of the table, or of all tables made together; 1 is the first. 0 of a get. */
  readonly write: number;
}

/** Asked before each operation; what it returns is thrown as a TableError and the operation has no effect. */
export type FailOn = (call: TableCall) => TableErrorCode | undefined;

export interface MemoryTableOptions {
  /** Default: the layout's. */
  readonly maxEntries?: number;
  readonly failOn?: FailOn;
  /** Maps of maps: length that every lookup table must have (EINVAL otherwise), as the kernel's inner maps have one size. */
  readonly tableSize?: number;
}
