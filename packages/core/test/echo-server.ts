import { createServer } from 'node:net';

// Run as a child inside a network namespace: listens on each ADDRESS:PORT given, says who it is and whom it sees, then
// sends back what it gets.
await Promise.all(
  process.argv.slice(2).map((place) => {
    const [host = '', port = ''] = place.split(':');
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.write(`${place} sees ${socket.remoteAddress}\n`);
      socket.pipe(socket);
    });
    return new Promise<void>((resolve) => server.listen(Number(port), host, resolve));
  }),
);
console.log('listening');
