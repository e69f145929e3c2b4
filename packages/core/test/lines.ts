import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** A child that is talked to by lines. */
export interface Lines {
  readonly child: ChildProcess;
  /** Sends a line and waits for the next one that comes. */
  ask(line: string): Promise<string>;
  /** The next line; throws when the child ends before. */
  next(): Promise<string>;
  /** Kills it as kill -9 does, and waits for its end. */
  kill(): Promise<void>;
}

export function talkTo(child: ChildProcess): Lines {
  const lines = createInterface(child.stdout as Readable)[Symbol.asyncIterator]();
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const next = async () => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`the child ended without another line (${child.spawnargs.join(' ')})`);
    return value;
  };
  return {
    child,
    next,
    ask(line) {
      (child.stdin as Writable).write(`${line}\n`);
      return next();
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
