// The world of examples/agent.ts: an API server with a service, two HTTP servers, and a cgroup in which a client asks.

import { removePinned } from '@lbx/core';
import { createBpffsFolder, createCgroup } from '@lbx/core/testing';
import { createFakeApiServer } from '@lbx/k8s-sync/testing';
import { askFrom, startServer } from './http-server.ts';
import { startExample } from './run-in-world.ts';

const [one, two] = [await startServer('one'), await startServer('two')];
await using api = await createFakeApiServer();
const slice = (port: number) => ({
  kind: 'EndpointSlice',
  metadata: { name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
  addressType: 'IPv4',
  ports: [{ name: 'http', port, protocol: 'TCP' }],
  endpoints: [{ addresses: ['127.0.0.1'], nodeName: 'node-a' }],
});
api.put({
  kind: 'Service',
  metadata: { name: 'web' },
  spec: {
    clusterIP: '198.51.100.10',
    clusterIPs: ['198.51.100.10'],
    ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
  },
});
api.put(slice(one.port));
using cgroup = createCgroup('agent');
using folder = createBpffsFolder('agent');
const pins = `${folder.path}/lbx`;
{
  await using agent = startExample('agent', [api.url, 'node-a', cgroup.path, pins]);
  await agent.printed(/^synced/m);
  const ask = () => askFrom(cgroup, 'http://198.51.100.10/');
  console.log(`198.51.100.10 was answered by ${await ask()}`);
  api.put(slice(two.port));
  await agent.printed(/^changed/m);
  console.log(`198.51.100.10 was answered by ${await ask()}`);
  await agent.stop();
  console.log(`198.51.100.10 was answered by ${await ask()}, without the agent`);
}
removePinned(pins);
for (const { server } of [one, two]) server.close();
