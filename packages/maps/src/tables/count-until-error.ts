import { TableError } from './table-error.ts';

/** Runs `act` over a batch and counts what it did; a TableError leaves with the count. */
export function countUntilError<T>(items: Iterable<T>, act: (item: T) => boolean): number {
  let done = 0;
  try {
    for (const item of items) if (act(item)) done++;
  } catch (error) {
    throw error instanceof TableError ? error.afterBatch(done) : error;
  }
  return done;
}
