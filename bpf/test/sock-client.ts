// A child process of the socket tests: real sockets in a cgroup and a network namespace. Takes one request a line
// as JSON, gives one answer a line. An error of a system call is an answer too: { error: "ECONNREFUSED" }.
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { on, once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { netnsCookie } from './netns-cookie.ts';
import { type HeldSocket, HeldTcp, HeldUdp } from './sock-held.ts';
import { RawUdp } from './sock-raw.ts';

export type Request =
  | { readonly op: 'tcp'; readonly address: string; readonly port: number }
  | { readonly op: 'udp'; readonly address: string; readonly port: number; readonly connected: boolean }
  /** Opens an unconnected socket that `udp-send` uses and the next `udp-open` closes. */
  | { readonly op: 'udp-open'; readonly family: 4 | 6 }
  | { readonly op: 'udp-send'; readonly address: string; readonly port: number }
  | { readonly op: 'udp-receive' }
  | { readonly op: 'bind'; readonly proto: 'TCP' | 'UDP'; readonly address: string; readonly port: number }
  | { readonly op: 'netns-cookie' }
  /** Connects `count` sockets (default 1) and keeps them under `name`, in place of those it stood for. */
  | {
      readonly op: 'hold';
      readonly name: string;
      readonly proto: 'TCP' | 'UDP';
      readonly address: string;
      readonly port: number;
      readonly count?: number;
    }
  /** Sends on each of them: `from` and `peer` of the last one's answer, or the first error. */
  | { readonly op: 'talk'; readonly name: string }
  /** Waits until each of them has failed. */
  | { readonly op: 'await-error'; readonly name: string }
  /** Serves at `backend` itself while it connects to `service`: `from` is who came, `peer` whom it reached. */
  | {
      readonly op: 'self';
      readonly proto: 'TCP' | 'UDP';
      readonly backend: Endpoint;
      readonly service: Endpoint;
    }
  /** connect() of the same UDP socket again. */
  | { readonly op: 'reconnect'; readonly name: string; readonly address: string; readonly port: number }
  /** Connects a UDP socket and, while it is connected, again. */
  | {
      readonly op: 'connect-twice';
      readonly name: string;
      readonly first: Endpoint;
      readonly second: Endpoint;
    };

interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** `from`: what answered, as it calls itself; `peer`: what the socket says that it talks to. Both "ADDRESS PORT". */
export interface Answer {
  readonly error?: string;
  readonly from?: string;
  readonly peer?: string;
  readonly cookie?: string;
}

const udpType = (address: string) => (address.includes(':') ? 'udp6' : 'udp4');
let open: UdpSocket | undefined;
const held = new Map<string, HeldSocket[]>();
/** Datagrams of `open`; begins to listen before the first is sent, so that none is missed. */
let arrivals: AsyncIterator<unknown[]> | undefined;

async function tcp(address: string, port: number): Promise<Answer> {
  const socket: Socket = connect({ host: address, port });
  try {
    await once(socket, 'connect');
    const peer = `${socket.remoteAddress} ${socket.remotePort}`;
    socket.end();
    let from = '';
    for await (const chunk of socket) from += chunk;
    return { from, peer };
  } finally {
    socket.destroy();
  }
}

function received(event: unknown[]): { from: string; peer: string } {
  const [message, info] = event as [Buffer, RemoteInfo];
  return { from: String(message), peer: `${info.address} ${info.port}` };
}

async function receive(socket: UdpSocket): Promise<{ from: string; peer: string }> {
  return received(await once(socket, 'message'));
}

function send(socket: UdpSocket, to: readonly [] | readonly [number, string]): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null) => (error ? reject(error) : resolve());
    if (to.length === 0) socket.send('?', done);
    else socket.send('?', to[0], to[1], done);
  });
}

/** The peer of a connected socket is the one of getpeername; recvmsg has to agree with it. */
async function udp(address: string, port: number, connected: boolean): Promise<Answer> {
  const socket = createSocket(udpType(address));
  try {
    if (connected) {
      socket.connect(port, address);
      await once(socket, 'connect');
    }
    const answer = receive(socket);
    answer.catch(() => undefined);
    await send(socket, connected ? [] : [port, address]);
    const { from, peer } = await answer;
    if (!connected) return { from, peer };
    const remote = socket.remoteAddress();
    const named = `${remote.address} ${remote.port}`;
    return named === peer ? { from, peer } : { from, peer: `${named} but datagrams from ${peer}` };
  } finally {
    socket.close();
  }
}

async function bind(proto: 'TCP' | 'UDP', address: string, port: number): Promise<Answer> {
  if (proto === 'TCP') {
    const server = createServer();
    server.listen({ host: address, port });
    await once(server, 'listening');
    server.close();
  } else {
    const socket = createSocket(udpType(address));
    socket.bind(port, address);
    await once(socket, 'listening');
    socket.close();
  }
  return {};
}

type Self = Extract<Request, { op: 'self' }>;

async function selfTcp({ backend, service }: Self): Promise<Answer> {
  const server = createServer((socket) => socket.end(`${socket.remoteAddress}`));
  server.listen({ host: backend.address, port: backend.port });
  await once(server, 'listening');
  try {
    return await tcp(service.address, service.port);
  } finally {
    server.close();
  }
}

async function selfUdp({ backend, service }: Self): Promise<Answer> {
  const server = createSocket(udpType(backend.address));
  server.on('message', (_message, from) => server.send(from.address, from.port, from.address));
  server.bind(backend.port, backend.address);
  await once(server, 'listening');
  try {
    return await udp(service.address, service.port, true);
  } finally {
    server.close();
  }
}

async function hold(request: Extract<Request, { op: 'hold' }>): Promise<Answer> {
  const { name, proto, address, port, count = 1 } = request;
  for (const socket of held.get(name) ?? []) socket.close();
  const sockets: HeldSocket[] = [];
  held.set(name, sockets);
  for (let n = 0; n < count; n++)
    sockets.push(await (proto === 'UDP' ? HeldUdp.connect(address, port) : HeldTcp.connect(address, port)));
  return { peer: sockets[0]!.peer };
}

async function answer(request: Request): Promise<Answer> {
  switch (request.op) {
    case 'tcp':
      return tcp(request.address, request.port);
    case 'udp':
      return udp(request.address, request.port, request.connected);
    case 'udp-open':
      open?.close();
      open = createSocket(request.family === 4 ? 'udp4' : 'udp6');
      arrivals = on(open, 'message');
      open.bind(0);
      await once(open, 'listening');
      return {};
    case 'udp-send':
      await send(open!, [request.port, request.address]);
      return {};
    case 'udp-receive':
      return received((await arrivals!.next()).value);
    case 'bind':
      return bind(request.proto, request.address, request.port);
    case 'hold':
      return hold(request);
    case 'talk': {
      let last: Answer = {};
      for (const socket of held.get(request.name)!) last = await socket.talk();
      return last;
    }
    case 'await-error': {
      const errors = await Promise.all(held.get(request.name)!.map((socket) => socket.failure));
      return { error: [...new Set(errors)].join() };
    }
    case 'reconnect':
      for (const socket of held.get(request.name)!) await socket.reconnect(request.address, request.port);
      return {};
    case 'connect-twice': {
      const socket = new RawUdp(request.first);
      socket.connect(request.second);
      held.set(request.name, [socket]);
      return { peer: socket.peer };
    }
    case 'self':
      return request.proto === 'TCP' ? selfTcp(request) : selfUdp(request);
    case 'netns-cookie':
      return { cookie: String(netnsCookie()) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const result = await answer(JSON.parse(line) as Request).catch((error: NodeJS.ErrnoException): Answer => {
    if (error.code === undefined) throw error;
    return { error: error.code };
  });
  console.log(JSON.stringify(result));
}
process.exit(0);
