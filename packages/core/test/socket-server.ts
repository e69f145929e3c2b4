import { createServer } from 'node:net';

// Run as a child inside a network namespace: one server per name given, each says its name and hangs up.
// Prints the ports on one line.
const ports = await Promise.all(
  process.argv.slice(2).map((name) => {
    const server = createServer((socket) => socket.end(name));
    return new Promise<number>((resolve) =>
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
    );
  }),
);
console.log(ports.join(' '));
