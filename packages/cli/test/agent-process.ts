import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { CommandPlace } from '@lbx/testing';
import { vi } from 'vitest';
import type { AgentEvent } from '../src/agent/agent-event.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** `lbx agent` as a process of its own, on the sources. */
export interface AgentProcess {
  readonly events: readonly AgentEvent[];
  readonly child: ChildProcess;
  /** What it wrote to standard error; also to that of this process. */
  readonly errors: string;
  /** Waits until it has written what its source had. */
  applied(): Promise<void>;
  /** Waits until it has ended by itself. @returns its exit code, or the signal. */
  ended(): Promise<number | NodeJS.Signals>;
  /** Ends it and waits. */
  end(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Where and as whom an agent runs. */
export interface AgentSurroundings {
  readonly place?: Pick<CommandPlace, 'spawn'>;
  readonly env?: Readonly<Record<string, string>>;
  /** A command that runs the one that follows it. */
  readonly within?: readonly string[];
}

/** Starts an agent of node-a. */
export function startAgentProcess(
  flags: readonly string[],
  { place = { spawn }, env = {}, within = [] }: AgentSurroundings = {},
): AgentProcess {
  const [command, ...args] = [
    ...[...within, process.execPath, '--conditions=@lbx/source', main, 'agent', '--json'],
    ...['--log-level', 'debug', '--node', 'node-a', ...flags],
  ] as [string, ...string[]];
  const child = place.spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const events: AgentEvent[] = [];
  let errors = '';
  createInterface(child.stdout!).on('line', (line) => events.push(JSON.parse(line) as AgentEvent));
  child.stderr?.on('data', (data: Buffer) => {
    errors += data;
    process.stderr.write(data);
  });
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  // With all that it wrote; its exit may be known before that is read.
  const closed = once(child, 'close');
  const ended = async () => {
    await closed;
    return child.exitCode ?? (child.signalCode as NodeJS.Signals);
  };
  return {
    events,
    child,
    get errors() {
      return errors;
    },
    async applied() {
      const done = () => isOver() || events.some(({ event }) => event === 'applied');
      // Also in hooks, where `expect.poll` may not be used.
      await vi.waitUntil(done, { timeout: 60_000, interval: 20 });
      if (isOver()) await closed;
      if (isOver()) throw new Error(`the agent has ended: ${errors}`);
    },
    ended,
    async end(signal = 'SIGTERM') {
      if (!isOver()) child.kill(signal);
      await ended();
    },
  };
}

/** Flags of an agent that balances the sockets of a cgroup and nothing else, and serves nothing itself. */
export const socketsOnly = ({
  cgroup,
  pins,
  healthz = 'none',
}: {
  readonly cgroup: string;
  readonly pins: string;
  readonly healthz?: string;
}) => [
  ...['--cgroup', cgroup, '--pins', pins, '--node-address', '192.0.2.1'],
  ...['--healthz-bind-address', healthz, '--metrics-bind-address', 'none'],
];
