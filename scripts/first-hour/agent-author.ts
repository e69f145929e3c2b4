import { readRepositoryFile } from '../docs/markdown-files.ts';
import { command, file, type Part, words } from './story.ts';

const slices = (...addresses: string[]) => `[
  {
    "kind": "Service",
    "metadata": { "name": "web" },
    "spec": { "clusterIP": "198.51.100.10", "ports": [{ "name": "http", "port": 80 }] }
  },
  {
    "kind": "EndpointSlice",
    "metadata": { "name": "web-1", "labels": { "kubernetes.io/service-name": "web" } },
    "addressType": "IPv4",
    "ports": [{ "name": "http", "port": 8080, "protocol": "TCP" }],
    "endpoints": [${addresses.map((address) => `{ "addresses": ["${address}"] }`).join(', ')}]
  }
]
`;

const askTwenty = 'for i in $(seq 20); do curl -s http://198.51.100.10/; done | sort -u';

export const agentAuthor: Part = {
  title: 'You write an agent or a CNI',
  folder: 'agent',
  steps: [
    words(`
### Install

The load balancer as a library, and where services come from; not the command.`),
    command('npm install ../packages/{lbx-bpf,lbx-core,lbx-k8s-sync,lbx-maglev,lbx-maps,libbpf-ts}-*.tgz', {
      varies: true,
      prints: /^added \d+ packages/m,
    }),
    words(`
### An agent in 30 lines

This is [examples/agent.ts](../examples/agent.ts), as it is:`),
    file('agent.ts', readRepositoryFile('examples/agent.ts')),
    words(
      'Instead of a cluster we give it the API server that comes with the test kit, which has what is in a file, and watches that file:',
    ),
    file(
      'api-server.mjs',
      `import { readFileSync, watchFile, writeFileSync } from 'node:fs';
import { createFakeApiServer } from '@lbx/k8s-sync/testing';

const api = await createFakeApiServer();
const put = () => api.put(...JSON.parse(readFileSync('objects.json', 'utf8')));
put();
writeFileSync('url', api.url);
watchFile('objects.json', { interval: 200 }, put);
`,
    ),
    file('objects.json', slices('203.0.113.10')),
    words('The shell is again one with a network of its own, a client and three servers.'),
    command('unshare --net --mount --uts --cgroup --pid --fork --kill-child --mount-proc bash', {
      enters: true,
    }),
    command('. ../two-hosts.sh', { prints: /a client at/ }),
    command('node api-server.mjs & until [ -s url ]; do sleep 0.1; done'),
    command('node agent.ts $(cat url) node-a /sys/fs/cgroup/node >agent.log 2>&1 & agent=$!'),
    command('until grep -s synced agent.log; do sleep 0.1; done', { prints: /^synced: 1 frontends$/m }),
    command(askTwenty, { prints: /^203\.0\.113\.10 answers$/m }),
    words('### A change in the cluster'),
    file('objects.json', slices('203.0.113.10', '203.0.113.11')),
    command('until grep -s changed agent.log; do sleep 0.1; done', { prints: /^changed: default\/web/m }),
    command(askTwenty),
    words(`
### Why that backend?

What \`lbx explain\` says is a function of the library, over the maps of a running agent, in memory, or in a dump:`),
    file(
      'why.mjs',
      `import { openPinnedTables } from '@lbx/core';
import { explain } from '@lbx/maps';

using pinned = openPinnedTables({}, { readOnly: true });
const { verdict, reason, candidates, steps } = explain(pinned.tables, {
  from: { address: '192.0.2.1', port: 40000 },
  to: { address: '198.51.100.10', port: 80 },
  protocol: 'TCP',
  hook: 'connect',
});
console.log(\`\${verdict}: \${reason}\`);
for (const { address, port } of candidates ?? []) console.log(\`  may be \${address}:\${port}\`);
for (const { text } of steps) console.log(\`  \${text}\`);
`,
    ),
    command('node why.mjs', { prints: /^forward/m }),
    words(`
### Something breaks: the agent is killed, and a stranger writes to its maps

Sockets are balanced all the same: nothing of the agent is on their way. Then somebody deletes a backend from the kernel's map.`),
    command('{ kill -9 $agent; wait $agent; } 2>/dev/null', { exits: 137 }),
    command(askTwenty),
    file(
      'stranger.mjs',
      `import { openPinnedTables } from '@lbx/core';

using pinned = openPinnedTables();
pinned.tables.lb4_backends_v3.delete({ backendId: 2 });
`,
    ),
    command('node stranger.mjs'),
    command(`${askTwenty}; node why.mjs`),
    words(
      'The next agent takes over what it finds, sees the difference and puts it right before it does anything else:',
    ),
    command('node agent.ts $(cat url) node-a /sys/fs/cgroup/node >second.log 2>&1 & agent=$!'),
    command('until grep -s synced second.log; do sleep 0.1; done', { prints: /^synced: 1 frontends$/m }),
    command(askTwenty),
    words('### Away with it'),
    command('kill $agent; wait $agent'),
    file(
      'remove.mjs',
      `import { removePinned } from '@lbx/core';

const { removed, foreign } = removePinned();
console.log(\`removed \${removed.length} programs and maps, left alone \${foreign.length} of others\`);
`,
    ),
    command('node remove.mjs', { prints: /^removed [1-9]\d* programs/m }),
    command('ls /sys/fs/bpf/lbx', { exits: 2 }),
    words(
      'Next: [from npm install to balanced traffic](guide/embed.md), [all of @lbx/core](../packages/core/README.md), [more examples](../examples/README.md).',
    ),
  ],
};
