// What an installed Cilium has in its load-balancing maps, and where a flow would go. Reads, and never writes.
//     node read-cilium.ts ADDRESS:PORT BPFFS
import { openPinnedTables } from '@lbx/core';
import { ciliumPins, dump, explain } from '@lbx/maps';

const [target = '198.51.100.1:80', bpffs = '/sys/fs/bpf'] = process.argv.slice(2);
const pinned = openPinnedTables({ ...ciliumPins, bpffs }, { readOnly: true }); // by order of the kernel

const { lb4_services_v2, lb4_backends_v3 } = pinned.tables;
for (const line of dump({ lb4_services_v2, lb4_backends_v3 })) console.log(line);

const [address = '', port] = target.split(':');
const flow = {
  from: { address: '203.0.113.5', port: 40000 },
  to: { address, port: Number(port) },
  protocol: 'TCP',
} as const;
const { verdict, reason, candidates = [] } = explain(pinned.tables, flow, { datapath: 'cilium' });
console.log(`${target}: ${verdict}, ${reason}`);
for (const backend of candidates) console.log(`  ${backend.address}:${backend.port}`);
pinned.close();
