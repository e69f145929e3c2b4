import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { CommandPlace } from '@lbx/core/testing';

/** An HTTP server on 127.0.0.1 that says its name. */
export async function startServer(name: string): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((_, response) => response.setHeader('connection', 'close').end(name));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

/** What a process in a cgroup or network namespace is answered. */
export async function askFrom(place: CommandPlace, url: string): Promise<string> {
  const program = `fetch(${JSON.stringify(url)}).then((r) => r.text()).then((text) => console.log(text))`;
  const child = place.spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  return (await text(child.stdout!)).trim();
}

/** Starts an HTTP server that says its address, in a network namespace. */
export async function serveIn(place: CommandPlace, address: string, port: number): Promise<void> {
  const program = `
    const { createServer } = require('node:http');
    createServer((_, response) => response.setHeader('connection', 'close').end('${address}'))
      .listen(${port}, '${address}', () => console.log('ready'));`;
  const child = place.spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout!, 'data');
}
