import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { TestingError } from '../errors.ts';

/** A program that serves until it is stopped. It is killed with the process that started it, however that ends. */
export interface ServerProcess {
  readonly pid: number;
  /** True until it has ended. */
  readonly running: boolean;
  /** Resident memory in bytes. */
  readonly rss: number;
  /** Ends it with a signal and waits. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Kills it without waiting. */
  kill(): void;
}

/** Starts a program whose output goes to a file, and waits until `isReady` says so. */
export async function startServerProcess(options: {
  readonly program: string;
  readonly args: readonly string[];
  readonly log: string;
  readonly isReady: () => Promise<boolean>;
  readonly timeoutMs: number;
}): Promise<ServerProcess> {
  const { program, args, log, isReady, timeoutMs } = options;
  const out = openSync(log, 'a');
  // The kernel kills it when this process is killed and can do so no more.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args], {
    stdio: ['ignore', out, out],
  });
  closeSync(out);
  const server = wrap(child);
  const deadline = performance.now() + timeoutMs;
  const refuse = (what: string): never => {
    server.kill();
    const said = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-8).join('\n');
    throw new TestingError('LBX_TESTING_SERVER', `${program} ${what}; the end of ${log}:\n${said}`);
  };
  for (;;) {
    if (!server.running) refuse('ended instead of getting ready');
    if (await isReady().catch(() => false)) return server;
    if (performance.now() > deadline) refuse(`was not ready after ${timeoutMs} ms`);
    await delay(25);
  }
}

function wrap(child: ChildProcess): ServerProcess {
  let running = true;
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      running = false;
      resolve();
    };
    child.once('exit', end);
    child.once('error', end);
  });
  return {
    pid: child.pid ?? -1,
    get running() {
      return running;
    },
    get rss() {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024;
    },
    async stop(signal = 'SIGTERM') {
      if (running) child.kill(signal);
      // kube-apiserver waits a minute for open watches; told twice it goes.
      const again = setTimeout(() => child.kill(signal), 500);
      const enough = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(again);
      clearTimeout(enough);
    },
    kill: () => void (running && child.kill('SIGKILL')),
  };
}

/** Waits for the event of a server that begins to listen. */
export async function listening<T extends NodeJS.EventEmitter>(server: T): Promise<T> {
  await once(server, 'listening');
  return server;
}
