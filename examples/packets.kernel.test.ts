// Real programs, one packet at a time: verdict and bytes, without a server, a client, or anything sent. Needs root.
import { createLoadBalancer } from '@lbx/core';
import { createNetns, createVethPair, kernelProblem, readKernelFacts, runPacket } from '@lbx/core/testing';
import { parseServiceSpec } from '@lbx/maps';
import { eth } from '@lbx/maps/testing';
import '@lbx/maps/testing/vitest';
import { inNetns } from 'libbpf-ts';
import { expect, it } from 'vitest';

const client = '203.0.113.9';
const web = parseServiceSpec({
  name: 'web',
  frontends: ['198.51.100.1:80/TCP'],
  backends: ['192.0.2.10:8080'],
});
const request = eth()
  .ipv4({ src: client, dst: '198.51.100.1' })
  .tcp({ sport: 40000, dport: 80, flags: ['syn'] });
const problem = kernelProblem(readKernelFacts());

it.skipIf(problem)('a request goes to its backend, and the reply back', { timeout: 20_000 }, () => {
  using node = createNetns('node');
  using lan = createNetns('lan');
  const at = (ns: typeof node, address: string) => ({ ns, device: 'eth0', addresses: [`${address}/24`] });
  createVethPair(at(node, '192.0.2.1'), at(lan, '192.0.2.10'), { staticNeighbours: true });
  node.addRoute('203.0.113.0/24', { via: '192.0.2.10' });
  node.sysctl('net.ipv4.ip_forward', 1);
  const options = { devices: ['eth0'], pins: false, cgroup: false } as const;
  using lb = inNetns(node.path, () => createLoadBalancer(options));
  lb.apply([web]);
  const device = { device: 'eth0', netns: node } as const;

  const sent = runPacket(request, device);
  expect(sent).toHaveVerdict('redirect'); // straight to the device that the backend is behind
  expect(sent.bytes).toBePacket({
    ipv4: { src: '192.0.2.1', dst: '192.0.2.10', ttl: 63 },
    tcp: { dport: 8080 },
  });

  const { sport } = sent.packet.tcp!; // the node's port of this flow
  const answer = eth().ipv4({ src: '192.0.2.10', dst: '192.0.2.1' });
  const back = runPacket(answer.tcp({ sport: 8080, dport: sport, flags: ['syn', 'ack'] }), device);
  expect(back.bytes).toBePacket({
    ipv4: { src: '198.51.100.1', dst: client },
    tcp: { sport: 80, dport: 40000 },
  });
  expect(lb.counters()).toMatchObject({ sent_request: { packets: 1 }, sent_reply: { packets: 1 } });
});
