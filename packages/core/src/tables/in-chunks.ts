import { TableError } from '@lbx/maps';

/** So many at once: as many as a table gives to the kernel in one system call. */
const chunkEntries = 4096;

/**
 * Carries out a batch chunk by chunk, so that no list of all its entries is made.
 * @param act - does one chunk and gives how many entries went in; a TableError that it throws leaves with the number of
 *   all that did.
 */
export function inChunks<T>(items: Iterable<T>, act: (chunk: readonly T[]) => number): number {
  let done = 0;
  for (const chunk of chunksOf(items, chunkEntries)) {
    try {
      done += act(chunk);
    } catch (error) {
      throw error instanceof TableError ? error.afterBatch(done + (error.done ?? 0)) : error;
    }
  }
  return done;
}

/** Lists of so many items; the last one may be shorter. */
export function* chunksOf<T>(items: Iterable<T>, size: number): IterableIterator<T[]> {
  let chunk: T[] = [];
  for (const item of items) {
    chunk.push(item);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
