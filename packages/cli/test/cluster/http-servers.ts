import { once } from 'node:events';
import { createServer } from 'node:http';

// Run as a child inside a network namespace: a server for each ADDRESS given, on port 8080, that answers with its address.
for (const address of process.argv.slice(2)) {
  const server = createServer((_, response) => response.setHeader('connection', 'close').end(address));
  await once(server.listen(8080, address), 'listening');
}
console.log('ready');
