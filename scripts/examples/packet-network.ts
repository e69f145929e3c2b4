import { createNetns, createVethPair, type Netns } from '@lbx/core/testing';
import { serveIn } from './http-server.ts';

/** A node, and beside it a network with a client and two HTTP servers, 192.0.2.20 and .21, on port 8080. */
export interface PacketNetwork extends Disposable {
  readonly node: Netns;
  readonly lan: Netns;
}

/** Addresses of the servers. */
export const serverAddresses = ['192.0.2.20', '192.0.2.21'];

/** Makes the two namespaces, joined by a veth; 198.51.100.0/24 is routed to the node, whose device is eth0. */
export async function createPacketNetwork(label: string): Promise<PacketNetwork> {
  const node = createNetns(`${label}-node`);
  const lan = createNetns(`${label}-lan`);
  createVethPair(
    { ns: node, device: 'eth0', addresses: ['192.0.2.1/24'] },
    { ns: lan, device: 'eth0', addresses: ['192.0.2.10', ...serverAddresses].map((one) => `${one}/24`) },
  );
  node.sysctl('net.ipv4.ip_forward', 1);
  lan.addRoute('198.51.100.0/24', { via: '192.0.2.1' });
  await Promise.all(serverAddresses.map((address) => serveIn(lan, address, 8080)));
  return {
    node,
    lan,
    [Symbol.dispose]() {
      lan.close();
      node.close();
    },
  };
}
