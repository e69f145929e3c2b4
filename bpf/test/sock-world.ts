// What the socket tests run in: a network namespace with backends and service addresses on loopback, servers there
// outside of the cgroup, the object attached to a cgroup of its own, clients in both.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { readObject } from '@lbx/bpf';
import { type Cgroup, createCgroup, createNetns, type Netns } from '@lbx/testing';
import { type BpfObject, type Link, load } from 'libbpf-ts';
import type { Answer, Request } from './sock-client.ts';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** A process with sockets. Requests are answered in order. */
export interface Client {
  ask(request: Request): Promise<Answer>;
}

export interface SockWorld {
  readonly object: BpfObject;
  readonly netns: Netns;
  readonly client: Client;
  /** Another process in the cgroup, in `netns` unless another one is given. */
  startClient(netns?: Netns): Client;
  close(): void;
}

const script = (name: string) => ['--conditions=@lbx/source', new URL(name, import.meta.url).pathname];

/** Starts a process that answers at all `endpoints` of the namespace, and waits until it does. */
export async function startServer(netns: Netns, endpoints: readonly Endpoint[]): Promise<ChildProcess> {
  const server = netns.spawn(process.execPath, [...script('sock-server.ts'), JSON.stringify(endpoints)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface({ input: server.stdout! }), 'line');
  if (line !== 'ready') throw new Error(`the server said '${line}' instead of 'ready'`);
  return server;
}

function startClient(cgroup: Cgroup, netns: Netns): Client {
  const child = cgroup.in(netns).spawn(process.execPath, script('sock-client.ts'), {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return {
    async ask(request) {
      child.stdin!.write(`${JSON.stringify(request)}\n`);
      const { value, done } = await answers.next();
      if (done)
        throw new Error(
          `the client ended (${child.exitCode ?? child.signalCode}) on ${JSON.stringify(request)}`,
        );
      return JSON.parse(value) as Answer;
    },
  };
}

/** The namespace that worlds share: all addresses lie on loopback, so that nothing else is needed to reach them. */
export function createNode(addresses: readonly string[]): Netns {
  const netns = createNetns('sock');
  for (const address of addresses) {
    netns.addAddress('lo', `${address}/${address.includes(':') ? 128 : 32}`);
  }
  return netns;
}

/** Loads the object with `variables` and attaches all its programs to a new cgroup. */
export function createSockWorld(netns: Netns, variables: Record<string, number | bigint> = {}): SockWorld {
  const small = { maxEntries: 1024 };
  const links: Link[] = [];
  const object = load(readObject('sock'), {
    // No gate: the tests write maps themselves.
    variables: { lbx_gate_on: 0, ...variables },
    maps: { lb4_reverse_sk: small, lb6_reverse_sk: small, lb4_affinity: small, lb6_affinity: small },
  });
  const cgroup = createCgroup('sock');
  const close = () => {
    for (const link of links) link[Symbol.dispose]();
    object[Symbol.dispose]();
    cgroup.close();
  };
  try {
    for (const program of object.programs()) links.push(program.attachCgroup({ path: cgroup.path }));
    const client = startClient(cgroup, netns);
    return { object, netns, client, startClient: (other = netns) => startClient(cgroup, other), close };
  } catch (error) {
    close();
    throw error;
  }
}
