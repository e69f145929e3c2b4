import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { CliError } from '../cli-error.ts';
import { startTimeOf, type Traces } from './traces.ts';

/** A process of this very program, inside a network namespace (and a cgroup). */
export interface Child<Line> {
  readonly pid: number;
  /** Lines as they come; ends with the process. */
  readonly lines: AsyncIterableIterator<Line>;
  /** The next line. @throws CliError `LBX_COMMAND` with what the process said on stderr when it ends instead. */
  next(): Promise<Line>;
  /** All lines until the process ends. */
  all(): Promise<Line[]>;
  /** Tells the process to finish: ends its standard input. */
  finish(): void;
  /** Lets it live on when this process ends. */
  release(): void;
  /** SIGTERM, and waits for the end. Returns the exit code. */
  stop(): Promise<number | null>;
}

export interface ChildOptions {
  readonly netns: string;
  readonly cgroup?: string;
  /** Arguments of lbx. */
  readonly args: readonly string[];
  readonly traces: Traces;
}

// The shell only moves itself into the cgroup; everything that varies is an argument, never part of its program.
const enterCgroup = ['sh', '-c', 'echo $$ > "$1/cgroup.procs" && shift && exec "$@"', 'sh'] as const;

/** Starts `lbx ARGS` with its network (and its sockets' cgroup) elsewhere. Its lines are JSON. */
export function startChild<Line>({ netns, cgroup, args, traces }: ChildOptions): Child<Line> {
  const self = [process.execPath, ...process.execArgv, process.argv[1] as string, ...args];
  const inside = cgroup === undefined ? self : [...enterCgroup, cgroup, ...self];
  const child = spawn('nsenter', [`--net=${netns}`, ...inside], { stdio: ['pipe', 'pipe', 'pipe'] });
  const pid = child.pid;
  if (pid === undefined)
    throw new CliError('LBX_COMMAND', 'nsenter could not be started; it is part of util-linux');
  traces.add({ kind: 'process', pid, startedAt: startTimeOf(pid) ?? '' });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stdin.on('error', () => {});
  const ended = once(child, 'close') as Promise<[number | null]>;
  const lines = parsed<Line>(child);

  return {
    pid,
    lines,
    async next() {
      const { value, done } = await lines.next();
      if (done !== true) return value;
      const [code] = await ended;
      throw new CliError(
        'LBX_COMMAND',
        `'lbx ${args.join(' ')}' ended with ${code} before it was done:\n${said.trim()}`,
      );
    },
    async all() {
      const found: Line[] = [];
      for await (const line of lines) found.push(line);
      await ended;
      return found;
    },
    finish: () => child.stdin.end(),
    release() {
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
      child.unref();
    },
    async stop() {
      if (child.exitCode === null) child.kill('SIGTERM');
      const [code] = await ended;
      return code;
    },
  };
}

async function* parsed<Line>(child: ChildProcess): AsyncGenerator<Line, undefined, undefined> {
  if (child.stdout === null) return;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{')) yield JSON.parse(line) as Line;
  }
}
