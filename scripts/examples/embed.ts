// The world of examples/embed.ts: a node with a device and a pod's, a network beside it, and an object for the CNI's own program.
import { objectPath } from '@lbx/bpf';
import { createBpffsFolder, createNetns, createVethPair } from '@lbx/core/testing';
import { askFrom } from './http-server.ts';
import { createPacketNetwork } from './packet-network.ts';
import { startExample } from './run-in-world.ts';

using network = await createPacketNetwork('embed');
const { node, lan } = network;
using pod = createNetns('embed-pod');
createVethPair(
  { ns: node, device: 'pod1', addresses: ['203.0.113.1/24'] },
  { ns: pod, device: 'eth0', addresses: ['203.0.113.2/24'] },
);
using folder = createBpffsFolder('embed');
// Any tc program that lets packets go on will do; nothing writes this one's maps.
await using example = startExample('embed', [objectPath('tc4'), 'lbx_tc_ingress', 'eth0', folder.path], node);
await example.printed(/tc ingress pod1/);
console.log(`198.51.100.1 was answered by ${await askFrom(lan, 'http://198.51.100.1/')}`);
await example.stop();
