import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CommandPlace } from '@lbx/core/testing';

/** An example that runs, as a user would run it: built packages, no special flags. */
export interface RunningExample extends AsyncDisposable {
  readonly output: string;
  /** Resolves when it has printed that; rejects when it ends before, or after 30 s. */
  printed(pattern: RegExp): Promise<void>;
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>;
}

/** Starts `examples/NAME.ts`, where that is said in a network namespace. */
export function startExample(
  name: string,
  args: readonly string[],
  place: Pick<CommandPlace, 'spawn'> = { spawn },
): RunningExample {
  const file = fileURLToPath(new URL(`../../examples/${name}.ts`, import.meta.url));
  const child: ChildProcess = place.spawn(process.execPath, [file, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (data: Buffer) => {
      output += data;
      process.stdout.write(data);
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  const stop = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await ended;
    clearTimeout(timer);
    if (child.exitCode !== 0) throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode}`);
  };
  return {
    get output() {
      return output;
    },
    async printed(pattern) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const look = () => pattern.test(output) && resolve();
      listeners.add(look);
      const timer = setTimeout(() => reject(new Error(`${name} has not printed ${pattern} in 30 s`)), 30_000);
      void ended.then(() => reject(new Error(`${name} ended before it printed ${pattern}`)));
      look();
      try {
        await promise;
      } finally {
        clearTimeout(timer);
        listeners.delete(look);
      }
    },
    stop,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await ended;
      }
    },
  };
}
