import type { MemoryTableOptions, TableCall } from './memory-table-options.ts';
import { TableError, type TableErrorCode } from './table-error.ts';

/** The calls of one memory table: lets each through unless a fault is injected, and makes its errors. */
export class TableCalls {
  readonly #map: string;
  readonly #maxEntries: number;
  readonly #failOn: MemoryTableOptions['failOn'];
  #writes = 0;

  constructor(map: string, maxEntries: number, options: MemoryTableOptions) {
    this.#map = map;
    this.#maxEntries = maxEntries;
    this.#failOn = options.failOn;
  }

  /** Counts the call and throws what `failOn` asks for. */
  admit(operation: TableCall['operation'], key: unknown): void {
    if (operation !== 'get') this.#writes++;
    const write = operation === 'get' ? 0 : this.#writes;
    const code = this.#failOn?.({ operation, map: this.#map, key, write });
    if (code !== undefined) throw this.error(code, operation);
  }

  error(code: TableErrorCode, operation: TableCall['operation']): TableError {
    return new TableError(code, { map: this.#map, operation, maxEntries: this.#maxEntries });
  }
}
