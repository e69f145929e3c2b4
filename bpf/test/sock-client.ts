// A child process of the socket tests: real sockets in a cgroup and a network namespace. Takes one request a line
// as JSON, gives one answer a line. An error of a system call is an answer too: { error: "ECONNREFUSED" }.
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { on, once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { netnsCookie } from './netns-cookie.ts';

export type Request =
  | { readonly op: 'tcp'; readonly address: string; readonly port: number }
  | { readonly op: 'udp'; readonly address: string; readonly port: number; readonly connected: boolean }
  /** Opens an unconnected socket that `udp-send` uses and the next `udp-open` closes. */
  | { readonly op: 'udp-open'; readonly family: 4 | 6 }
  | { readonly op: 'udp-send'; readonly address: string; readonly port: number }
  | { readonly op: 'udp-receive' }
  | { readonly op: 'bind'; readonly proto: 'TCP' | 'UDP'; readonly address: string; readonly port: number }
  | { readonly op: 'netns-cookie' };

/** `from`: what answered, as it calls itself; `peer`: what the socket says that it talks to. Both "ADDRESS PORT". */
export interface Answer {
  readonly error?: string;
  readonly from?: string;
  readonly peer?: string;
  readonly cookie?: string;
}

const udpType = (address: string) => (address.includes(':') ? 'udp6' : 'udp4');
let open: UdpSocket | undefined;
/** Datagrams of `open`; begins to listen before the first is sent, so that none is missed. */
let arrivals: AsyncIterator<unknown[]> | undefined;

async function tcp(address: string, port: number): Promise<Answer> {
  const socket: Socket = connect({ host: address, port });
  try {
    await once(socket, 'connect');
    const peer = `${socket.remoteAddress} ${socket.remotePort}`;
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
