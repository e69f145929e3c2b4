import { once } from 'node:events';
import { readObject } from '@lbx/bpf';
import { Command } from 'commander';
import { load } from 'libbpf-ts';
import { runBackends } from '../demo/backend-process.ts';
import { runClient } from '../demo/client-process.ts';
import { parseEndpoint, parseNumber } from '../input/shared-options.ts';
import type { CommandContext } from '../run-cli.ts';

/** The HTTP servers of the demo, in the namespace of their host. Not for people. */
export function demoBackendCommand(_context: CommandContext): Command {
  return new Command('demo-backend')
    .argument('<pod...>', 'addresses to listen on')
    .requiredOption('--port <port>', 'port', parseNumber)
    .action((pods: string[], { port }: { port: number }) => runBackends(pods, port));
}

/** A port of the demo's switch: an XDP program that lets everything pass, so that veth delivers what XDP sends back. */
export function demoPortCommand(context: CommandContext): Command {
  return new Command('demo-port').argument('<device>', 'port to the node').action(async (device: string) => {
    using object = load(readObject('pass'));
    using _link = object.program('lbx_pass').attachXdp({ ifindex: device, mode: 'native' });
    context.out(JSON.stringify({ attached: device }));
    // A signal handler alone does not keep the process.
    const awake = setInterval(() => {}, 1 << 30);
    await once(process, 'SIGTERM');
    clearInterval(awake);
  });
}

/** The clients of the demo. Not for people. */
export function demoClientCommand(_context: CommandContext): Command {
  return new Command('demo-client')
    .argument('<target>', 'address:port', parseEndpoint)
    .requiredOption('--count <n>', 'requests', parseNumber)
    .option('--concurrency <n>', 'at once', parseNumber, 1)
    .option('--local-port <port>', 'local port of the connection', parseNumber)
    .option('--until-input-ends', 'stop when standard input ends')
    .action(
      (
        target: ReturnType<typeof parseEndpoint>,
        options: Omit<Parameters<typeof runClient>[0], 'address' | 'port'>,
      ) => runClient({ ...target, ...options }),
    );
}
