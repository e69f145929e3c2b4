// The world of examples/l4-balancer.ts: a node in a network namespace; client and backends in another, joined by a veth.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNetns, createVethPair } from '@lbx/core/testing';
import { askFrom, serveIn } from './http-server.ts';
import { startExample } from './run-in-world.ts';

const backends = ['192.0.2.20', '192.0.2.21'];
using node = createNetns('l4-node');
using lan = createNetns('l4-lan');
createVethPair(
  { ns: node, device: 'eth0', addresses: ['192.0.2.1/24'] },
  { ns: lan, device: 'eth0', addresses: ['192.0.2.10', ...backends].map((one) => `${one}/24`) },
);
node.sysctl('net.ipv4.ip_forward', 1);
lan.addRoute('198.51.100.0/24', { via: '192.0.2.1' });
await Promise.all(backends.map((address) => serveIn(lan, address, 8080)));

const folder = mkdtempSync(join(tmpdir(), 'lbx-example-'));
try {
  const file = join(folder, 'services.yaml');
  writeFileSync(
    file,
    `- name: web
  frontends: [198.51.100.1:80/TCP]
  backends: [${backends.map((one) => `${one}:8080`).join(', ')}]
`,
  );
  await using example = startExample('l4-balancer', [file, 'eth0'], node);
  await example.printed(/^serving 1 frontends/m);
  for (let i = 0; i < 6; i++)
    console.log(`198.51.100.1 was answered by ${await askFrom(lan, 'http://198.51.100.1/')}`);
  await example.stop();
} finally {
  rmSync(folder, { recursive: true });
}
