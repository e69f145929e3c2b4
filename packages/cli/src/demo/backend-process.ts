import { createServer } from 'node:http';
import type { Answer } from './messages.ts';

/**
 * A real HTTP server, one listener per pod address: answers with its own address and with the address that the request
 * came from. Prints one line when all listen, and runs until it is ended.
 */
export async function runBackends(pods: readonly string[], port: number): Promise<void> {
  const servers = pods.map((pod) =>
    createServer((request, response) => {
      const answer: Answer = {
        pod,
        source: (request.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
        sourcePort: request.socket.remotePort ?? 0,
      };
      response.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
      response.end(JSON.stringify(answer));
    }),
  );
  await Promise.all(
    servers.map(
      (server, i) =>
        new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, pods[i], resolve)),
    ),
  );
  console.log(JSON.stringify({ listening: pods }));
}
