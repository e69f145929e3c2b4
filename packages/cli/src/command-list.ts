import type { Command } from 'commander';
import type { CommandContext } from './run-cli.ts';

/** A command by name. Its module, and all that it needs, is loaded only when it is asked for. */
export interface ListedCommand {
  readonly name: string;
  /** What the command itself says that it does. */
  readonly description: string;
  /** Called by lbx itself, not by people. */
  readonly hidden?: boolean;
  load(): Promise<(context: CommandContext) => Command>;
}

/** All commands, in the order of the help. */
export const commandList: readonly ListedCommand[] = [
  {
    name: 'demo',
    description: 'manifests to load-balanced packets in network namespaces, then tidy up (needs root)',
    load: async () => (await import('./commands/demo.ts')).demoCommand,
  },
  {
    name: 'agent',
    description: 'balance the services of a cluster (or of manifests) on this node',
    load: async () => (await import('./commands/agent.ts')).agentCommand,
  },
  {
    name: 'apply',
    description: 'write services from manifests, or YAML of lbx itself, into the pinned maps once',
    load: async () => (await import('./commands/apply.ts')).applyCommand,
  },
  {
    name: 'doctor',
    description: 'find out whether lbx works on this machine, and what to do if not',
    load: async () => (await import('./commands/doctor.ts')).doctorCommand,
  },
  {
    name: 'monitor',
    description: 'show dropped packets, new flows and what else is unusual, as it happens',
    load: async () => (await import('./commands/monitor.ts')).monitorCommand,
  },
  {
    name: 'status',
    description: 'how the load balancer of this node is, on one screen',
    load: async () => (await import('./commands/status.ts')).statusCommand,
  },
  {
    name: 'top',
    description: 'packets and bytes of each service by the second, the busiest first',
    load: async () => (await import('./commands/top.ts')).topCommand,
  },
  {
    name: 'cleanup',
    description: 'detach the programs and remove the maps that lbx pinned',
    load: async () => (await import('./commands/cleanup.ts')).cleanupCommand,
  },
  {
    name: 'plan',
    description: 'what would be written for a folder of manifests (needs no root)',
    load: async () => (await import('./commands/plan.ts')).planCommand,
  },
  {
    name: 'diff',
    description: 'what differs between two states: pinned maps, dumps, manifests, clusters',
    load: async () => (await import('./commands/diff.ts')).diffCommand,
  },
  {
    name: 'what-if',
    description: 'what a change to backends, weights or options would do to flows and maps; changes nothing',
    load: async () => (await import('./commands/what-if.ts')).whatIfCommand,
  },
  {
    name: 'explain',
    description: 'which backend a flow gets and why, and how sure that is',
    load: async () => (await import('./commands/explain.ts')).explainCommand,
  },
  {
    name: 'dump',
    description: 'entries of the maps, one sorted line each',
    load: async () => (await import('./commands/dump.ts')).dumpCommand,
  },
  {
    name: 'encode',
    description: 'JSON lines on stdin to hexadecimal bytes, one line each',
    load: async () => (await import('./commands/encode.ts')).encodeCommand,
  },
  {
    name: 'decode',
    description: 'hexadecimal bytes on stdin to JSON, one line each',
    load: async () => (await import('./commands/decode.ts')).decodeCommand,
  },
  {
    name: 'verify',
    description: "compare lbx with vectors made by Cilium's or kube-proxy's own code",
    load: async () => (await import('./commands/verify.ts')).verifyCommand,
  },
  {
    name: 'demo-backend',
    description: '',
    hidden: true,
    load: async () => (await import('./commands/demo-processes.ts')).demoBackendCommand,
  },
  {
    name: 'demo-client',
    description: '',
    hidden: true,
    load: async () => (await import('./commands/demo-processes.ts')).demoClientCommand,
  },
  {
    name: 'demo-port',
    description: '',
    hidden: true,
    load: async () => (await import('./commands/demo-processes.ts')).demoPortCommand,
  },
];
