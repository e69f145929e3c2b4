import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { TestingError } from './errors.ts';

/** Options of commands that are waited for. */
export interface ExecOptions {
  /** Text for standard input. */
  readonly input?: string;
  /** The command is killed and the call throws after this time (60,000). */
  readonly timeoutMs?: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/**
 * Runs a command to its end and returns its standard output.
 *
 * @throws TestingError `LBX_TESTING_COMMAND` with the command line, its exit code and what it said.
 */
export function execCommand(command: string, args: readonly string[], options: ExecOptions = {}): string {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    input: options.input ?? '',
    timeout: options.timeoutMs ?? 60_000,
    killSignal: 'SIGKILL',
    maxBuffer: 64 << 20,
    ...(options.env && { env: options.env }),
    ...(options.cwd && { cwd: options.cwd }),
  });
  if (result.status === 0 && result.error === undefined) return result.stdout;
  const how = result.error ? result.error.message : result.signal ? result.signal : `exit ${result.status}`;
  const said = (result.stderr || result.stdout || '').trim();
  throw new TestingError(
    'LBX_TESTING_COMMAND',
    `${[command, ...args].join(' ')}: ${how}${said ? `\n${said}` : ''}`,
  );
}

/** A place (network namespace, cgroup) in which commands run. */
export interface CommandPlace {
  /** Runs a command there to its end and returns its standard output; throws `LBX_TESTING_COMMAND`. */
  exec(command: string, args?: readonly string[], options?: ExecOptions): string;
  /** Starts a command there. It is killed, by its pid, when the place is closed. */
  spawn(command: string, args?: readonly string[], options?: SpawnOptions): ChildProcess;
}

/** Starts commands and kills those still running when told to. */
export interface ChildKeeper {
  spawn(command: string, args: readonly string[], options?: SpawnOptions): ChildProcess;
  killAll(): void;
}

export function createChildKeeper(): ChildKeeper {
  const running = new Set<ChildProcess>();
  return {
    spawn(command, args, options = {}) {
      const child = spawn(command, args, options);
      running.add(child);
      child.once('exit', () => running.delete(child));
      child.once('error', () => running.delete(child));
      return child;
    },
    killAll() {
      // Node has not reaped these yet, so their pids cannot belong to anybody else.
      for (const child of running) child.kill('SIGKILL');
      running.clear();
    },
  };
}

/** Blocks the thread: only for short waits on the kernel in clean-up code, which has to be synchronous. */
export function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
