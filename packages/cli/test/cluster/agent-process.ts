import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { AgentEvent } from '../../src/agent/agent-event.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** `lbx agent` as a process of its own, on the sources. */
export interface AgentProcess {
  readonly events: readonly AgentEvent[];
  readonly child: ChildProcess;
  /** Ends it and waits. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Starts an agent that balances the sockets of a cgroup; devices are left alone. */
export function startAgentProcess(options: {
  /** Where services come from, unless `flags` say so. */
  readonly kubeconfig?: string;
  readonly cgroup: string;
  readonly pins: string;
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A command that runs the one that follows it. */
  readonly within?: readonly string[];
}): AgentProcess {
  const { kubeconfig, cgroup, pins, flags = [], env = {}, within = [] } = options;
  const [command, ...args] = [
    ...[...within, process.execPath, '--conditions=@lbx/source', main, 'agent', '--json'],
    ...['--log-level', 'debug', '--node', 'node-a', '--cgroup', cgroup, '--pins', pins],
    ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]),
    ...['--node-address', '192.0.2.1', '--healthz-bind-address', 'none', '--metrics-bind-address', 'none'],
    ...flags,
  ] as [string, ...string[]];
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const events: AgentEvent[] = [];
  createInterface(child.stdout).on('line', (line) => events.push(JSON.parse(line) as AgentEvent));
  return {
    events,
    child,
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      await once(child, 'exit');
    },
  };
}
