import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Cgroup } from '@lbx/core/testing';

/** An HTTP server on 127.0.0.1 that says its name. */
export async function startServer(name: string): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((_, response) => response.setHeader('connection', 'close').end(name));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

/** What a process of the cgroup, whose sockets are balanced, is answered. */
export async function askFrom(cgroup: Cgroup, url: string): Promise<string> {
  const program = `fetch(${JSON.stringify(url)}).then((r) => r.text()).then((text) => console.log(text))`;
  const child = cgroup.spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  return (await text(child.stdout!)).trim();
}
