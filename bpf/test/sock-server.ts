// A child process of the socket tests: answers on each address:port of its argument (a JSON list), TCP and UDP,
// with its own address:port; TCP when the client has sent its FIN. Prints "ready" when all of them listen.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

const endpoints = JSON.parse(process.argv[2] ?? '[]') as { address: string; port: number }[];

for (const { address, port } of endpoints) {
  const tcp = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.end(`${address} ${port}`));
    socket.resume();
  });
  tcp.listen({ host: address, port });
  await once(tcp, 'listening');

  const udp = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  udp.on('message', (_message, from) => udp.send(`${address} ${port}`, from.port, from.address));
  udp.bind(port, address);
  await once(udp, 'listening');
}
console.log('ready');
