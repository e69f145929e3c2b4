// A node with one cable: frames and connections come by it and leave by it, and one core is generator, node and sink.
import { createNetns, createVethPair, type Netns } from '@lbx/testing';
import type { BenchRow as Row } from '../../scripts/bench-row.ts';
import { start } from './forward/child.ts';
import { place, ports } from './forward/place.ts';
import { socketRows } from './forward/sockets.ts';

/**
 * Rows in ns are nanoseconds a frame of 60 bytes, the generator's and the sink's part included, which is the same in
 * every row. floor-routing: the kernel's plain routing of the same frames; floor-bounce, floor-bounce-tc: an XDP or tc
 * program that sends each frame back as the only work of the node. `xdp-s1k-…`, `tc-s1k-…`: lbx at that hook with 1,000
 * NodePort services of 10 remote backends each; `est-f10k`: UDP of 10,000 flows in turn that are known; `new-udp`,
 * `new-syn`: each frame is the first of its flow. Rows in us are those of forward/sockets.ts. About 40 s; needs root.
 */
export async function bench(_options: { json: boolean }): Promise<Row[]> {
  using node = createNetns('forward-node');
  using lan = createNetns('forward-lan');
  connect(node, lan);
  const packets = await start(node, 'packets-process', lan.path).all();
  return [...packets.map((line) => JSON.parse(line) as Row), ...(await socketRows(node, lan))];
}

function connect(node: Netns, lan: Netns): void {
  createVethPair(
    { ns: node, device: place.device, mac: place.nodeMac, addresses: [`${place.node}/24`] },
    { ns: lan, device: place.device, mac: place.lanMac, addresses: [`${place.lan}/24`] },
    { staticNeighbours: true },
  );
  node.sysctl('net.ipv4.ip_forward', 1);
  node.sysctl('net.ipv4.ip_local_port_range', ports.ephemeral.join(' '));
  for (const conf of ['all', place.device]) {
    node.sysctl(`net.ipv4.conf.${conf}.rp_filter`, 0);
    node.sysctl(`net.ipv4.conf.${conf}.send_redirects`, 0);
  }
  for (const prefix of [place.clients, place.backends]) node.addRoute(prefix, { via: place.lan });
  // Without an XDP program of its own the node's end takes frames only with GRO.
  node.exec('ethtool', ['-K', place.device, 'gro', 'on']);
}
