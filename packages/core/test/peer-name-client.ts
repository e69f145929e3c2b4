import { connect } from 'node:net';
import { createInterface } from 'node:readline';

// Run as a child inside a cgroup: connects to ADDRESS:PORT, and tells for each line what getpeername() says then: Node asks
// once for each socket, so a line asks the next of several.
const [host = '', port = ''] = (process.argv[2] ?? '').split(':');
const sockets = Array.from({ length: 3 }, () => connect({ host, port: Number(port) }));
await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
for (const socket of sockets) socket.on('error', () => {});
console.log('connected');
for await (const _ of createInterface(process.stdin)) {
  const socket = sockets.pop();
  console.log(`${socket?.remoteAddress}:${socket?.remotePort}`);
}
