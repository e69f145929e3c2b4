// The world of examples/custom-source.ts: a catalog over HTTP that answers when it has changed, and servers in it.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createCgroup } from '@lbx/core/testing';
import { askFrom, startServer } from './http-server.ts';
import { startExample } from './run-in-world.ts';

const [one, two] = [await startServer('one'), await startServer('two')];
let index = 0;
let catalog = {};
const waiting = new Set<ServerResponse>();
const answer = (response: ServerResponse) =>
  response.setHeader('x-index', index).end(JSON.stringify(catalog));
const publish = (instances: readonly object[]) => {
  index++;
  catalog = { web: { vip: '198.51.100.1', port: 80, instances } };
  for (const response of waiting) answer(response);
  waiting.clear();
};
const server = createServer((request, response) => {
  const known = Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('index'));
  if (known < index) answer(response);
  else waiting.add(response);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/catalog`;

const first = { address: '127.0.0.1', port: one.port, passing: true };
const second = { address: '127.0.0.1', port: two.port, passing: true };
publish([first]);
using cgroup = createCgroup('custom');
{
  await using example = startExample('custom-source', [url, cgroup.path]);
  const ask = () => askFrom(cgroup, 'http://198.51.100.1/');
  await example.printed(/^index 1:/m);
  console.log(`198.51.100.1 was answered by ${await ask()}`);
  publish([{ ...first, passing: false }, second]);
  await example.printed(/^index 2:/m);
  console.log(`198.51.100.1 was answered by ${await ask()}`);
  await example.stop();
}
server.closeAllConnections();
for (const open of [server, one.server, two.server]) open.close();
