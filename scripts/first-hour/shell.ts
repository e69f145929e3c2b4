import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** What a command printed, on both streams, and how it ended. */
interface Outcome {
  readonly output: string;
  readonly exitCode: number;
}

/** A bash that is typed into. */
export interface Shell {
  /** Runs a command as if it were typed: it may change the folder, set variables, start what goes on behind. */
  run(line: string): Promise<Outcome>;
  /** Runs a command that is a shell itself: what is run later is run by that one. */
  enter(line: string): Promise<Outcome>;
  /** Closes standard input, which ends the shell and those that it entered. */
  end(): Promise<void>;
}

/** A command that takes longer has hung. */
const limitMs = 120_000;

/** Drives a bash that was started with pipes for all three streams. */
export function driveShell(bash: ChildProcess): Shell {
  let pending = '';
  let wake = () => {};
  const ended = once(bash, 'exit');
  bash.stdout!.setEncoding('utf8').on('data', (text: string) => {
    pending += text;
    wake();
  });
  bash.stderr!.resume();
  bash.stdin!.on('error', () => {});
  const write = (text: string) => bash.stdin!.write(`${text}\n`);
  let count = 0;

  /** Waits for the line that says that all before it is done. */
  async function outcome(mark: string, line: string): Promise<Outcome> {
    const pattern = new RegExp(`\\n${mark} (\\d+)\\n`);
    const deadline = performance.now() + limitMs;
    for (;;) {
      const found = pattern.exec(pending);
      if (found !== null) {
        const output = pending.slice(0, found.index);
        pending = pending.slice(found.index + found[0].length);
        return { output, exitCode: Number(found[1]) };
      }
      const left = deadline - performance.now();
      if (left <= 0 || bash.exitCode !== null)
        throw new Error(`'${line}' ${left <= 0 ? 'has hung' : 'ended its shell'}; until then:\n${pending}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      const timer = setTimeout(resolve, left);
      await Promise.race([promise, ended]);
      clearTimeout(timer);
    }
  }

  const finish = (line: string) => {
    const mark = `done-${++count}`;
    write(`printf '\\n${mark} %d\\n' $?`);
    return outcome(mark, line);
  };
  const unify = 'exec 2>&1';
  write(unify);
  return {
    run(line) {
      // Standard input is where the next commands come from: no command may read it.
      write(`eval '${line.replaceAll("'", "'\\''")}' </dev/null`);
      return finish(line);
    },
    enter(line) {
      write(line);
      write(unify);
      return finish(line);
    },
    async end() {
      bash.stdin!.end();
      const timer = setTimeout(() => bash.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(timer);
    },
  };
}
