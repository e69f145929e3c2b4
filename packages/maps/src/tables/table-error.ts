/** What the kernel answers: the errno names that maps give, or any that a fault injection asks for. */
export type TableErrorCode =
  | 'E2BIG'
  | 'ENOSPC'
  | 'EEXIST'
  | 'ENOENT'
  | 'EINVAL'
  | 'ENOMEM'
  | 'EPERM'
  | 'EBUSY'
  | 'EAGAIN'
  | 'EIO';

const MEANING: Readonly<Record<TableErrorCode, string>> = {
  E2BIG: 'the map is full or the index is beyond its end; raise its maxEntries',
  ENOSPC: 'the map is full; raise its maxEntries',
  EEXIST: 'the entry exists already',
  ENOENT: 'there is no such entry',
  EINVAL: 'the kernel does not take this key, value or operation',
  ENOMEM: 'out of memory',
  EPERM: 'not permitted; CAP_BPF is needed',
  EBUSY: 'the map is busy; try again',
  EAGAIN: 'the map was busy; try again',
  EIO: 'input/output error',
};

export interface TableErrorDetail {
  /** Name of the map. */
  readonly map: string;
  readonly operation: 'get' | 'set' | 'delete';
  readonly maxEntries?: number;
  /** Of a batch: how many entries went in before this one. */
  readonly done?: number;
  readonly cause?: unknown;
}

/** A table operation failed, as the kernel's would. Match on `code`. */
export class TableError extends Error {
  readonly code: TableErrorCode;
  readonly map: string;
  readonly operation: 'get' | 'set' | 'delete';
  readonly maxEntries: number | undefined;
  readonly done: number | undefined;

  constructor(code: TableErrorCode, detail: TableErrorDetail) {
    const size = detail.maxEntries === undefined ? '' : ` (max ${detail.maxEntries} entries)`;
    const after = detail.done === undefined ? '' : ` after ${detail.done} entries of a batch`;
    super(
      `${detail.operation} in ${detail.map}${size}${after}: ${code}, ${MEANING[code]}`,
      detail.cause === undefined ? undefined : { cause: detail.cause },
    );
    this.name = 'TableError';
    this.code = code;
    this.map = detail.map;
    this.operation = detail.operation;
    this.maxEntries = detail.maxEntries;
    this.done = detail.done;
  }

  /** The same error of a batch, with how many entries went in. */
  afterBatch(done: number): TableError {
    return new TableError(this.code, {
      map: this.map,
      operation: this.operation,
      done,
      cause: this.cause,
      ...(this.maxEntries === undefined ? {} : { maxEntries: this.maxEntries }),
    });
  }
}
