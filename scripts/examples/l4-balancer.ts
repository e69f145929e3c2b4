// The world of examples/l4-balancer.ts: a node in a network namespace; client and servers in another.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askFrom } from './http-server.ts';
import { createPacketNetwork, serverAddresses } from './packet-network.ts';
import { startExample } from './run-in-world.ts';

using network = await createPacketNetwork('l4');
const folder = mkdtempSync(join(tmpdir(), 'lbx-example-'));
try {
  const file = join(folder, 'services.yaml');
  writeFileSync(
    file,
    `- name: web
  frontends: [198.51.100.1:80/TCP]
  backends: [${serverAddresses.map((one) => `${one}:8080`).join(', ')}]
`,
  );
  await using example = startExample('l4-balancer', [file, 'eth0'], network.node);
  await example.printed(/^serving 1 frontends/m);
  for (let i = 0; i < 6; i++)
    console.log(`198.51.100.1 was answered by ${await askFrom(network.lan, 'http://198.51.100.1/')}`);
  await example.stop();
} finally {
  rmSync(folder, { recursive: true });
}
