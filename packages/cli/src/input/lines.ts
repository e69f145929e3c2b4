import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { readTextFile } from '@lbx/k8s-sync';
import { CliError } from '../cli-error.ts';

/** Lines of a stream, with their numbers from 1; empty ones are left out. */
export async function* numberedLines(
  input: Readable,
): AsyncIterableIterator<{ readonly number: number; readonly text: string }> {
  let number = 0;
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    if (line.trim() !== '') yield { number, text: line };
  }
}

/** Of a manifest, a dump or vectors: what the agent reads of a manifest too. */
const maxFileBytes = 64 * 2 ** 20;

/** A text file, or a pipe. @throws CliError `LBX_BAD_FILE` naming the path and what is wrong; also for more than 64 MiB. */
export function readText(path: string): string {
  try {
    return readTextFile(path, maxFileBytes);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const what = code === 'ENOENT' ? 'there is no such file or folder' : message;
    throw new CliError('LBX_BAD_FILE', `cannot read ${path}: ${what}`, { cause: error });
  }
}

/** One JSON value from text. @throws CliError `LBX_BAD_FILE` or `LBX_BAD_LINE` naming the place. */
export function parseJson(
  text: string,
  place: string,
  code: 'LBX_BAD_FILE' | 'LBX_BAD_LINE' = 'LBX_BAD_FILE',
): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError(code, `${place} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}
