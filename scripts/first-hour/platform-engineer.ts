import { command, file, type Part, words } from './story.ts';

const service = (backends: string) => `apiVersion: lbx/v1
kind: Service
name: shop/web
frontends: [198.51.100.80:80/TCP]
backends: [${backends}]
`;

const manifests = `apiVersion: v1
kind: Service
metadata: { namespace: shop, name: web }
spec:
  type: LoadBalancer
  clusterIP: 198.51.100.10
  ports: [{ name: http, port: 80, nodePort: 30080 }]
status:
  loadBalancer: { ingress: [{ ip: 198.51.100.80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { namespace: shop, name: web-1, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
ports: [{ name: http, port: 8080, protocol: TCP }]
endpoints:
  - { addresses: [203.0.113.10], nodeName: node-b }
  - { addresses: [203.0.113.11], nodeName: node-b }
`;

export const platformEngineer: Part = {
  title: 'You run it on nodes',
  folder: 'node',
  steps: [
    words('### Install, and ask whether it can work here'),
    command('npm install ../packages/*.tgz', { varies: true, prints: /^added \d+ packages/m }),
    command('npx lbx doctor', { varies: true, exits: [0, 1], prints: [/^lbx doctor: /m, /^kernel$/m] }),
    words(`
Each line was tried, not looked up; a problem comes with its remedy, and makes the exit code 1. [All checks](doctor.md).

### See the whole way once

\`lbx demo\` makes a client, a node and two hosts out of network namespaces, starts \`lbx agent\` in the node, sends real HTTP requests and removes
everything again.`),
    command('npx lbx demo --requests 100', {
      varies: true,
      prints: [/^3\. Explain, and see$/m, /removed again/],
    }),
    words(`
### A service of your own

From here on we are in a shell with a network, mounts and cgroups of its own, so that nothing of this touches the machine; [two-hosts.sh](../scripts/first-hour/two-hosts.sh)
gives it a client on one side and a host with three HTTP servers on the other.`),
    command('unshare --net --mount --uts --cgroup --pid --fork --kill-child --mount-proc bash', {
      enters: true,
    }),
    command('. ../two-hosts.sh', { prints: /a client at/ }),
    words('Nobody has 198.51.100.80, so nobody answers there:'),
    command('client curl -sS --max-time 5 http://198.51.100.80/', { exits: 7 }),
    words('A service says which address it has, and who answers:'),
    file('web.yaml', service('203.0.113.10:8080, 203.0.113.11:8080')),
    command('npx lbx apply web.yaml --device eth0 --device eth1 --cgroup /sys/fs/cgroup/node', {
      prints: /applied: \d+ writes/,
    }),
    command('for i in $(seq 20); do client curl -s http://198.51.100.80/; done | sort -u'),
    words(
      'Packets of the client are translated at the device. A process of the node gets its backend when it connects:',
    ),
    command('for i in $(seq 20); do curl -s http://198.51.100.80/; done | sort -u'),
    words(`
### Which backend, and why

Ask before the client comes, then let it come from that port:`),
    command('npx lbx explain --from 192.0.2.100:40000 --to 198.51.100.80:80', {
      prints: /^forward: backend/m,
    }),
    command('client curl -s --local-port 40000 http://198.51.100.80/'),
    words('Once the flow is known, the answer tells of it:'),
    command('npx lbx explain --from 192.0.2.100:40000 --to 198.51.100.80:80 | head -5', {
      prints: /^ {2}flow:/m,
    }),
    words(`
### A change, looked at before it is made

A third server is to help:`),
    file('web.yaml', service('203.0.113.10:8080, 203.0.113.11:8080, 203.0.113.12:8080')),
    command('npx lbx diff web.yaml', { exits: 1, prints: /\+ backend 203\.0\.113\.12/ }),
    command('npx lbx what-if live --to web.yaml', { prints: /established flows/ }),
    command('npx lbx apply web.yaml', { prints: /applied/ }),
    command('npx lbx diff web.yaml', { prints: /^equal/m }),
    words(`
### Something breaks: packets are lost

Somebody sets a sysctl, and clients wait for ever. The monitor names the reason while a client tries:`),
    command('sysctl -w net.ipv4.conf.eth0.forwarding=0'),
    command(
      'client curl -s -o /dev/null --max-time 30 --local-port 40001 http://198.51.100.80/ & npx lbx monitor --kind drop --count 1 --verbose',
      { prints: /drop_forwarding_disabled/ },
    ),
    words(
      'What it means and what to do about it stands in [drop reasons](drop-reasons.md#drop_forwarding_disabled); the doctor found it too:',
    ),
    command("npx lbx doctor --device eth0 --cgroup /sys/fs/cgroup/node | grep -A 1 '^fail forwarding'", {
      prints: /sysctl -w net\.ipv4\.conf\.eth0\.forwarding=1/,
    }),
    command('sysctl -w net.ipv4.conf.eth0.forwarding=1'),
    command('client curl -s --local-port 40002 http://198.51.100.80/'),
    words(`
### Something breaks: a stranger writes to the maps

Another program deletes a backend from the kernel's map, while slots still lead to it:`),
    file(
      'stranger.mjs',
      `import { openPinnedTables } from '@lbx/core';

using pinned = openPinnedTables();
pinned.tables.lb4_backends_v3.delete({ backendId: 2 });
`,
    ),
    command('node stranger.mjs'),
    command('npx lbx status | head -4', { prints: / no entry/ }),
    command('npx lbx diff web.yaml', { exits: 1 }),
    command('npx lbx apply web.yaml', { prints: /applied/ }),
    command('npx lbx diff web.yaml', { prints: /^equal/m }),
    words(`
### The agent

\`apply\` writes once. The agent follows: here a folder of Kubernetes manifests, on a node a cluster (\`--kubeconfig\`). It takes over what is in force, flows and ids
included.`),
    file('manifests/web.yaml', manifests),
    command(
      'node_modules/.bin/lbx agent --node node-a --manifests manifests --device eth0 --device eth1 --cgroup /sys/fs/cgroup/node --traffic >agent.log 2>&1 & agent=$!',
    ),
    command(
      'curl -s -o /dev/null --retry 30 --retry-delay 1 --retry-connrefused http://127.0.0.1:10256/healthz',
    ),
    command('for i in $(seq 20); do client curl -s http://198.51.100.80/; done | sort -u'),
    command('npx lbx status', { prints: /^healthy/m }),
    words('While a client asks again and again:'),
    command('for i in $(seq 1000); do client curl -s -o /dev/null http://198.51.100.80/; done & load=$!'),
    command('npx lbx top --once', { varies: true, prints: /198\.51\.100\.80:80/ }),
    command('{ kill $load; wait $load; } 2>/dev/null', { exits: 143 }),
    words('All endpoints go away. Clients are told so at once, and `explain` says why:'),
    command("sed -i '/addresses/d; s/^endpoints:/endpoints: []/' manifests/web.yaml"),
    command(
      'until npx lbx explain --from 192.0.2.100:40003 --to 198.51.100.80:80 >why.txt; [ $? = 1 ]; do :; done; cat why.txt',
      {
        prints: /^reject/m,
      },
    ),
    command('client curl -sS --max-time 5 http://198.51.100.80/', { exits: 7 }),
    words('The agent dies, and nobody notices: programs and maps stay in force.'),
    file('manifests/web.yaml', manifests),
    command('until client curl -s --max-time 1 --local-port 40004 http://198.51.100.80/; do :; done'),
    command('{ kill -9 $agent; wait $agent; } 2>/dev/null', { exits: 137 }),
    command('for i in $(seq 20); do client curl -s http://198.51.100.80/; done | sort -u'),
    command('npx lbx status | head -2', { prints: /no agent runs/ }),
    words('### Away with it'),
    command('npx lbx cleanup | head -1', { prints: /^detached/m }),
    command('ls /sys/fs/bpf/lbx', { exits: 2 }),
    command('client curl -sS --max-time 5 http://198.51.100.80/', { exits: 7 }),
    words(
      'Next: [run it on a node](guide/operate.md), [from kube-proxy](replace-kube-proxy.md), [all commands](../packages/cli/README.md).',
    ),
  ],
};
