import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCgroup2, isBpffs, removePinned } from '@lbx/core';
import type { AgentEvent } from '../agent/agent-event.ts';
import { CliError } from '../cli-error.ts';
import { runCommand } from '../run-command.ts';
import { type Child, startChild } from './children.ts';
import { addresses, buildLab, type HostName, hosts, type Lab, type Member, nodePort } from './lab.ts';
import type { Request } from './messages.ts';
import { openTraces, type Traces } from './traces.ts';

/** Everything that stands while the demo plays: the network, the servers, the agent. */
export interface Stage {
  readonly traces: Traces;
  readonly lab: Lab;
  /** Folder of manifests that the agent follows. */
  readonly manifests: string;
  readonly pins: string;
  readonly cgroup: string;
  readonly loaded: Extract<AgentEvent, { event: 'loaded' }>;
  /** The agent's next event of that kind. */
  nextEvent<E extends AgentEvent['event']>(kind: E): Promise<Extract<AgentEvent, { event: E }>>;
  /** Starts clients; `socket`: inside the cgroup whose sockets are balanced. */
  client(from: Member, args: readonly string[]): Child<Request>;
  stopAgent(): Promise<number | null>;
  /** Lets servers and agent live on when this process ends. */
  release(): void;
}

const bpffs = '/sys/fs/bpf';
/** Manifests that the package ships, beside the sources as well as beside the built files. */
const shippedManifests = () =>
  [new URL('../demo/manifests', import.meta.url), new URL('../../demo/manifests', import.meta.url)]
    .map((url) => fileURLToPath(url))
    .find((path) => existsSync(path)) ?? '';

/** Builds the stage. The caller ends it with `traces.removeAll()`, whatever happens. */
export async function buildStage(traces: Traces, say: (text: string) => void): Promise<Stage> {
  mountBpffs(traces, say);
  const lab = buildLab(traces);
  const manifests = mkdtempSync(join(tmpdir(), 'lbx-demo-'));
  traces.add({ kind: 'folder', path: manifests });
  const shipped = shippedManifests();
  for (const file of readdirSync(shipped))
    writeFileSync(join(manifests, file), readFileSync(join(shipped, file)));

  const cgroup = join(cgroupRoot(), 'lbx-demo');
  traces.add({ kind: 'cgroup', path: cgroup });
  mkdirSync(cgroup);
  const servers = [switchPort(lab, traces), ...hosts.map((host) => backends(host, lab, traces))];
  await Promise.all(servers.map((server) => server.next()));

  const pins = join(bpffs, 'lbx-demo');
  traces.add({ kind: 'pins', path: pins });
  const agent = startChild<AgentEvent>({
    netns: lab.netnsPath('node'),
    traces,
    args: [
      'agent',
      '--json',
      '--log-level',
      'debug',
      '--node',
      'node',
      '--device',
      'eth0',
      // A veth; there is a program at its other end.
      '--xdp',
      'native',
      '--manifests',
      manifests,
      '--pins',
      pins,
      '--cgroup',
      cgroup,
      '--algorithm',
      'maglev',
    ],
  });
  const nextEvent: Stage['nextEvent'] = async (kind) => {
    for (;;) {
      const event = await agent.next();
      if (event.event === 'problem')
        throw new CliError('LBX_COMMAND', `the agent reports a problem: ${event.message}`);
      if (event.event === kind) return event as never;
    }
  };
  const loaded = await nextEvent('loaded');
  return {
    traces,
    lab,
    manifests,
    pins,
    cgroup,
    loaded,
    nextEvent,
    client: (from, args) =>
      startChild<Request>({
        netns: lab.netnsPath(from),
        traces,
        args: ['demo-client', ...args],
        ...(from === 'node' ? { cgroup } : {}),
      }),
    stopAgent: () => agent.stop(),
    release() {
      for (const child of [agent, ...servers]) child.release();
    },
  };
}

/** The list of what the demo makes; leftovers of a killed or kept run are removed first. */
export const openDemoTraces = () => openTraces({ pins: (path) => void removePinned(path) });

/** veth delivers what the node's XDP program sends back only to a peer with an XDP program of its own. */
function switchPort(lab: Lab, traces: Traces): Child<unknown> {
  return startChild({ netns: lab.netnsPath('lan'), traces, args: ['demo-port', nodePort] });
}

function backends(host: HostName, lab: Lab, traces: Traces): Child<unknown> {
  const pods = addresses.pods[host];
  return startChild({
    netns: lab.netnsPath(host),
    traces,
    args: ['demo-backend', ...pods, '--port', String(addresses.podPort)],
  });
}

function mountBpffs(traces: Traces, say: (text: string) => void): void {
  if (existsSync(bpffs) && isBpffs(bpffs)) return;
  say(`no BPF file system at ${bpffs} yet: mounting one for the demo`);
  runCommand('mount', ['-t', 'bpf', 'bpf', bpffs]);
  traces.add({ kind: 'mount', path: bpffs });
}

function cgroupRoot(): string {
  const root = findCgroup2();
  if (root !== undefined) return root;
  throw new CliError(
    'LBX_COMMAND',
    'cgroup v2 is not mounted; mount it: mount -t cgroup2 none /sys/fs/cgroup/unified',
  );
}
