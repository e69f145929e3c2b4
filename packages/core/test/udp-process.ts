import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Socket as TcpSocket } from 'node:net';
import { createInterface } from 'node:readline';

// Run as a child in a network namespace and cgroup: serves addresses, and keeps sockets connected. Each line of standard
// input is a command in JSON, answered by a line: what the server said (its own address), or the code of the error.
const family = (address: string) => (address.includes(':') ? 'udp6' : 'udp4');
const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error);
const failures = new Map<string, Promise<string>>();
const udp = new Map<string, UdpSocket>();
const tcp = new Map<string, TcpSocket>();

const commands = {
  /** TCP and UDP; TCP answers when the client is done. */
  async serve(port: number, ...addresses: string[]) {
    for (const address of addresses) {
      const server = createSocket(family(address));
      server.on('message', (_message, from) => server.send(address, from.port, from.address));
      server.bind(port, address);
      await once(server, 'listening');
      const listener = createServer({ allowHalfOpen: true }, (socket) => {
        socket.on('end', () => socket.end(address)).on('error', () => {});
        socket.resume();
      });
      await once(listener.listen(port, address), 'listening');
    }
    return 'ready';
  },
  async connect(name: string, address: string, port: number) {
    const socket = createSocket(family(address));
    failures.set(name, new Promise((resolve) => socket.on('error', (error) => resolve(codeOf(error)))));
    udp.set(name, socket);
    socket.connect(port, address);
    await once(socket, 'connect');
    return 'connected';
  },
  async reconnect(name: string, address: string, port: number) {
    const socket = udp.get(name)!;
    socket.disconnect();
    socket.connect(port, address);
    await once(socket, 'connect');
    return 'connected';
  },
  async talk(name: string) {
    const socket = udp.get(name)!;
    const answer = once(socket, 'message');
    socket.send('?');
    return String((await answer)[0]);
  },
  /** Waits for it. */
  failure: (name: string) => failures.get(name)!,
  async connectTcp(name: string, address: string, port: number) {
    const socket = connect({ host: address, port, allowHalfOpen: true });
    await once(socket, 'connect');
    tcp.set(name, socket);
    return 'connected';
  },
  async talkTcp(name: string) {
    const socket = tcp.get(name)!;
    let answer = '';
    socket.end();
    for await (const chunk of socket) answer += chunk;
    return answer;
  },
} as const;
export type Commands = typeof commands;

for await (const line of createInterface(process.stdin)) {
  const [command, ...args] = JSON.parse(line) as [keyof Commands, ...never[]];
  console.log(await (commands[command] as (...args: never[]) => Promise<string>)(...args).catch(codeOf));
}
process.exit(0);
