import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { CommandPlace } from '@lbx/testing';

/** A script of this folder that runs elsewhere and is talked to by lines. */
export interface Child {
  /** The next line that it prints. */
  next(): Promise<string>;
  /** Sends a value as a line of JSON, gives the one that comes back. */
  ask(value: unknown): Promise<unknown>;
  /** All lines until its end, which must be a good one. */
  all(): Promise<string[]>;
}

/** Starts it on the last CPU, as all others: no time goes into waking another CPU up. */
export function start(where: CommandPlace, script: string, ...args: string[]): Child {
  const file = new URL(`${script}.ts`, import.meta.url).pathname;
  const node = [process.execPath, '--conditions=@lbx/source', file, ...args];
  const child = where.spawn('taskset', ['-c', lastCpu(), ...node], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`${script} ended with ${await ended} before it was done`);
    return value;
  };
  return {
    next,
    async ask(value) {
      child.stdin!.write(`${JSON.stringify(value)}\n`);
      return JSON.parse(await next());
    },
    async all() {
      const all: string[] = [];
      for (let one = await lines.next(); one.done !== true; one = await lines.next()) all.push(one.value);
      const code = await ended;
      if (code !== 0) throw new Error(`${script} ended with ${code}`);
      return all;
    },
  };
}

/** The last of those that this process may use. */
function lastCpu(): string {
  const [, list = '0'] = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return list.split(/[,-]/).at(-1)!;
}
