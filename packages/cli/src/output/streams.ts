import type { Readable } from 'node:stream';
import { printable } from './printable.ts';

/** Where a command reads and writes; tests give their own. */
export interface Streams {
  /** What `encode` and `decode` read, line by line. */
  readonly input: Readable;
  /** One or more lines of the result, without the last line break. */
  out(text: string): void;
  /** Messages: problems, progress. */
  err(text: string): void;
}

/** What comes from elsewhere cannot steer the terminal; a view that moves the cursor writes to process.stdout itself. */
export const processStreams: Streams = {
  // Not opened before it is wanted: a terminal or a closed descriptor is nobody's business otherwise.
  get input() {
    return process.stdin;
  },
  out: (text) => process.stdout.write(`${printable(text)}\n`),
  err: (text) => process.stderr.write(`${printable(text)}\n`),
};
