import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { runCli } from '../src/run-cli.ts';

/** What one command line did. `lines` are the lines of `out`. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly lines: readonly string[];
}

/** Runs a command line of lbx in this process, with `input` on its standard input. */
export async function run(argv: readonly string[], input = ''): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCli(argv, {
    input: Readable.from([input]),
    out: (text) => out.push(text),
    err: (text) => err.push(text),
  });
  const all = out.join('\n');
  return { code, out: all, err: err.join('\n'), lines: all === '' ? [] : all.split('\n') };
}

/** A Node `node-a` and one LoadBalancer Service `shop/web` with two endpoints. */
export const manifests = fileURLToPath(new URL('manifests', import.meta.url));

/** Path of a file of vectors. */
export const vectors = (name: string): string =>
  fileURLToPath(new URL(`../../../vectors/${name}`, import.meta.url));
