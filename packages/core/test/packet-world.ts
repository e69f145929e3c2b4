import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { objectPath } from '@lbx/bpf';
import type { ServiceSpec } from '@lbx/maps';
import { type CommandPlace, createBpffsFolder, createNetns, createVethPair } from '@lbx/testing';
import { inNetns, load } from 'libbpf-ts';
import type { ApplyReport, LoadBalancerOptions, Status, Summary, Traffic } from '../src/index.ts';
import { removePinned } from '../src/remove/remove-pinned.ts';
import { type Lines, talkTo } from './lines.ts';

/** 192.0.2.0/24 is the network between the two, 198.51.100.0/24 is routed to the node. */
export const addresses = {
  node: '192.0.2.1',
  /** On the node's loopback device. */
  local: '192.0.2.5',
  client: '192.0.2.10',
  remote: ['192.0.2.20', '192.0.2.21'],
  service: '198.51.100.1',
} as const;

/** For answers that have to come, on a machine that has much else to do. */
const PATIENCE_MS = 30_000;

const script = (name: string) => fileURLToPath(new URL(`./${name}.ts`, import.meta.url));

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A load balancer in a process of its own. */
export interface LbProcess {
  readonly summary: Summary;
  apply(services: readonly ServiceSpec[]): Promise<ApplyReport>;
  status(): Promise<Status>;
  dump(): Promise<string[]>;
  traffic(): Promise<Traffic>;
  /** Not all backends of these services are known. */
  unread(services: readonly string[]): Promise<void>;
  remove(): Promise<void>;
  kill(): Promise<void>;
}

/**
 * A node, and a network beside it in which client and remote backends live, as one more namespace: to the node they are
 * neighbours with addresses of their own, and every packet between them goes through the node and back.
 */
export async function createPacketWorld() {
  const node = createNetns('core-node');
  const lan = createNetns('core-lan');
  const folder = createBpffsFolder('core-packets');
  const pins = join(folder.path, 'lbx');
  createVethPair(
    { ns: node, device: 'eth0', addresses: [`${addresses.node}/24`] },
    { ns: lan, device: 'eth0', addresses: [addresses.client, ...addresses.remote].map((one) => `${one}/24`) },
  );
  node.addAddress('lo', `${addresses.local}/32`);
  node.sysctl('net.ipv4.ip_forward', 1);
  lan.addRoute('198.51.100.0/24', { via: addresses.node });
  // What the node's XDP program sends back over a veth only arrives where a program waits for it.
  const pass = load(objectPath('pass'));
  const port = inNetns(lan.path, () => pass.program('lbx_pass').attachXdp({ ifindex: 'eth0' }));

  const run = (ns: typeof node, name: string, ...args: string[]): Lines =>
    talkTo(
      ns.spawn(process.execPath, ['--conditions=@lbx/source', script(name), ...args], {
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    );
  await Promise.all([
    run(lan, 'echo-server', ...addresses.remote.map((one) => `${one}:8080`)).next(),
    run(node, 'echo-server', `${addresses.local}:8080`).next(),
  ]);

  const askFrom = (
    place: CommandPlace,
    from: string,
    target: string,
    count: number,
    timeoutMs = PATIENCE_MS,
  ) =>
    place
      .exec(process.execPath, [script('line-client'), from, target, `${count}`, `${timeoutMs}`])
      .trim()
      .split('\n');
  const launched: Lines[] = [];
  const launch = (options: LoadBalancerOptions): Lines => {
    const given = { devices: ['eth0'], xdp: 'native', cgroup: false, pins, ...options };
    const lines = run(node, 'lb-process', JSON.stringify(given));
    launched.push(lines);
    return lines;
  };
  const close = () => {
    port.close();
    pass.close();
    node.close();
    lan.close();
    folder.close();
  };
  return {
    node,
    lan,
    pins,
    /** Begins to start a load balancer on the node, and kills it so many milliseconds after it has run that far. */
    async startAndKill(options: LoadBalancerOptions, isFarEnough: () => boolean, afterMs: number) {
      const { kill, child } = launch(options);
      while (!isFarEnough() && child.exitCode === null) await pause(2);
      await pause(afterMs);
      await kill();
    },
    /** Starts a load balancer on the node. */
    async start(options: LoadBalancerOptions = {}): Promise<LbProcess> {
      const lines = launch(options);
      const summary = JSON.parse(await lines.next());
      const call = async (...request: unknown[]) => JSON.parse(await lines.ask(JSON.stringify(request)));
      return {
        summary,
        apply: (services) => call('apply', services),
        status: () => call('status'),
        dump: () => call('dump'),
        traffic: () => call('traffic'),
        unread: (services) => call('unread', services),
        remove: () => call('remove'),
        kill: lines.kill,
      };
    },
    /** A connection of the client's; the first line tells who answered. */
    connect: (target: string) => run(lan, 'line-client', addresses.client, target),
    /** What so many connections of the client's are told; `timeout` after so many milliseconds. */
    ask: (target: string, count: number, timeoutMs = PATIENCE_MS) =>
      askFrom(lan, addresses.client, target, count, timeoutMs),
    /** The same from elsewhere; any address of its own will do where `from` is empty. */
    askFrom,
    /** The same, one line after the other, while something else goes on. */
    askAlong: (target: string, count: number) =>
      run(lan, 'line-client', addresses.client, target, `${count}`, `${PATIENCE_MS}`),
    close,
    /** The end of all: load balancers that were started, what they have pinned, and the place. */
    async end() {
      await Promise.all(launched.map(({ kill }) => kill()));
      removePinned(pins);
      close();
    },
  };
}
