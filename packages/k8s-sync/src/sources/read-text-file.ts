import { closeSync, openSync, readSync } from 'node:fs';

const chunkBytes = 64 * 1024;

/**
 * The text of a file, or of what a pipe gives until it ends.
 *
 * @throws RangeError if there is more than `maxBytes`; no more than that is ever read or kept. Errors of the file system.
 */
export function readTextFile(path: string, maxBytes: number): string {
  const fd = openSync(path, 'r');
  try {
    const chunks: Buffer[] = [];
    let total = 0;
    for (;;) {
      const chunk = Buffer.allocUnsafe(chunkBytes);
      const length = readSync(fd, chunk);
      if (length === 0) return Buffer.concat(chunks, total).toString('utf8');
      total += length;
      if (total > maxBytes) throw new RangeError(`it has more than ${maxBytes} bytes, which is too much`);
      chunks.push(chunk.subarray(0, length));
    }
  } finally {
    closeSync(fd);
  }
}
