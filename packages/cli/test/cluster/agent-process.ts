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
  readonly kubeconfig: string;
  readonly cgroup: string;
  readonly pins: string;
}): AgentProcess {
  const { kubeconfig, cgroup, pins } = options;
  const flags = ['--node', 'node-a', '--kubeconfig', kubeconfig, '--cgroup', cgroup, '--pins', pins];
  const child = spawn(
    process.execPath,
    [
      '--conditions=@lbx/source',
      main,
      'agent',
      '--json',
      '--log-level',
      'debug',
      ...flags,
      ...['--node-address', '192.0.2.1', '--healthz-bind-address', 'none', '--metrics-bind-address', 'none'],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
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
