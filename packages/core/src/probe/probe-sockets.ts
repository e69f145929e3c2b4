import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { readObject } from '@lbx/bpf';
import { type BpfMap, type Link, load } from 'libbpf-ts';

/** Hooks that are tried, in the order of lbx_probe_calls (bpf/sockprobe.bpf.c). */
export const probedSocketHooks = ['connect4', 'connect6', 'sendmsg4', 'sendmsg6'] as const;
export type ProbedSocketHook = (typeof probedSocketHooks)[number];

/** Whether a cgroup sees sockets. */
export interface SocketProbe {
  readonly cgroup: string;
  /** Hooks that could not be tried: no IPv6 on the loopback device. */
  readonly untried: readonly ProbedSocketHook[];
  /** How often each hook was asked about sockets of this process. */
  readonly own: Readonly<Record<ProbedSocketHook, number>>;
  /** The same of a process in a cgroup below; undefined when there could be none, and why. */
  readonly child?: Readonly<Record<'connect4', number>>;
  readonly childProblem?: string;
}

/** A cgroup folder that is ours, while it is needed. */
const childName = () => `lbx-probe-${process.pid}`;

/**
 * Attaches programs that let everything pass to a cgroup, for a moment, and counts whether they are asked when this process,
 * and one in a cgroup below, connect to and send to a port on the loopback address. Other programs go on; only that port is looked
 * at. Needs root.
 * @throws BpfError when nothing may be attached there.
 */
export async function probeSockets(cgroup: string): Promise<SocketProbe> {
  const server = createServer((socket) => socket.destroy());
  await listen(server, '::').catch(() => listen(server, '127.0.0.1'));
  const { port } = server.address() as { port: number };
  const hasIpv6 =
    existsSync('/proc/net/if_inet6') && /^0{31}1 /m.test(readFileSync('/proc/net/if_inet6', 'utf8'));
  const links: Link[] = [];
  const object = load(readObject('sockprobe'), { variables: { lbx_probe_port: port } });
  try {
    for (const program of object.programs()) links.push(program.attachCgroup({ path: cgroup }));
    const calls = object.map('lbx_probe_calls');
    await tryConnect(port, '127.0.0.1');
    await trySend(port, 'udp4', '127.0.0.1');
    if (hasIpv6) {
      await tryConnect(port, '::1');
      await trySend(port, 'udp6', '::1');
    }
    const own = readCalls(calls);
    const untried = hasIpv6 ? [] : (['connect6', 'sendmsg6'] as const);
    return { cgroup, untried, own, ...(await tryChild(cgroup, port, calls, own.connect4)) };
  } finally {
    for (const link of links) link[Symbol.dispose]();
    object[Symbol.dispose]();
    server.close();
  }
}

async function listen(server: ReturnType<typeof createServer>, host: string): Promise<void> {
  server.listen(0, host);
  await once(server, 'listening');
}

function readCalls(map: BpfMap): Record<ProbedSocketHook, number> {
  const counts = probedSocketHooks.map((hook, index) => {
    const key = new Uint8Array(Uint32Array.of(index).buffer);
    const bytes = map.get(key);
    return [
      hook,
      bytes === undefined ? 0 : Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true)),
    ];
  });
  return Object.fromEntries(counts);
}

/** Whether it succeeds does not matter: the programs are asked before. */
async function tryConnect(port: number, host: string): Promise<void> {
  const socket = connect({ port, host });
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve).once('error', () => resolve());
  });
  socket.destroy();
}

async function trySend(port: number, type: 'udp4' | 'udp6', host: string): Promise<void> {
  const socket = createSocket(type);
  await new Promise<void>((resolve) => {
    socket.once('error', () => resolve());
    socket.send('', port, host, () => resolve());
  });
  socket.close();
}

/** Runs in the child: joins the cgroup, connects, ends. */
const childScript = `
require('node:fs').writeFileSync(process.argv[1] + '/cgroup.procs', String(process.pid));
const socket = require('node:net').connect({ port: Number(process.argv[2]), host: '127.0.0.1' });
socket.once('connect', () => process.exit(0)).once('error', () => process.exit(0));`;

async function tryChild(
  cgroup: string,
  port: number,
  calls: BpfMap,
  before: number,
): Promise<Pick<SocketProbe, 'child' | 'childProblem'>> {
  const folder = join(cgroup, childName());
  try {
    mkdirSync(folder);
  } catch (error) {
    return { childProblem: `no cgroup can be made below it: ${(error as Error).message}` };
  }
  try {
    const child = spawn(process.execPath, ['-e', childScript, folder, String(port)], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {},
      timeout: 20_000,
      killSignal: 'SIGKILL',
    });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += String(chunk);
    });
    const [code] = await once(child, 'close');
    if (code !== 0)
      return {
        childProblem: `a process could not join it: ${/^\w*Error: (.*)$/m.exec(said)?.[1] ?? `exit ${code}`}`,
      };
    return { child: { connect4: readCalls(calls).connect4 - before } };
  } finally {
    await removeFolder(folder);
  }
}

/** The kernel lets go of a cgroup a moment after its last process has ended. */
async function removeFolder(folder: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      rmdirSync(folder);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY' || attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
