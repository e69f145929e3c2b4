import type { Family } from '@lbx/maps';
import { createNetns, createVethPair, type Netns } from '@lbx/testing';
import { enterNetns } from '../xdp-netns.ts';
import { type Device, families, macs, mtus, type Place, places } from './place.ts';

/** The node: a namespace with devices, routes and neighbours; this thread is in it. */
export interface Node extends Disposable {
  readonly ns: Netns;
  readonly ifindex: Readonly<Record<Device, number>>;
  setNeighbour(family: Family, backend: number, known: boolean): void;
  setForwarding(family: Family, on: boolean): void;
}

export function createNode(where: Readonly<Record<Family, Place>> = places): Node {
  const stack = new DisposableStack();
  try {
    const ns = stack.use(createNetns('diff-node'));
    const far = stack.use(createNetns('diff-far'));
    createVethPair(
      { ns, device: 'eth0', mac: macs.node, addresses: [] },
      { ns: far, device: 'eth0', mac: macs.router, addresses: [] },
    );
    createVethPair(
      { ns, device: 'pods', mac: macs.pods, addresses: [] },
      { ns: far, device: 'pods', addresses: [] },
    );
    ns.sysctl('net.ipv4.ip_forward', 1);
    ns.sysctl('net.ipv6.conf.all.forwarding', 1);
    ns.exec('ip', ['-batch', '-'], {
      input: families.flatMap((family) => linesOf(family, where[family])).join('\n'),
    });
    const ifindex = { eth0: ns.device('eth0').index, pods: ns.device('pods').index };
    stack.use(enterNetns(ns));
    return {
      ns,
      ifindex,
      setNeighbour(family, backend, known) {
        const address = where[family].backends[backend]!;
        const what = known ? ['lladdr', macs.backend(backend), 'nud', 'permanent'] : [];
        // Deleting what is not there is no mistake here.
        const verb = known ? 'replace' : 'flush';
        ns.exec(
          'ip',
          known
            ? ['neigh', verb, address, 'dev', 'eth0', ...what]
            : ['neigh', verb, address, 'dev', 'eth0', 'nud', 'all'],
        );
      },
      setForwarding(family, on) {
        for (const device of ['eth0', 'pods'])
          ns.sysctl(`net.ipv${family}.conf.${device}.forwarding`, on ? 1 : 0);
      },
      [Symbol.dispose]: () => stack.dispose(),
    };
  } catch (error) {
    stack.dispose();
    throw error;
  }
}

function linesOf(family: Family, place: Place): string[] {
  const { nodePrefix, router, clientNet, refusedNet, podNet, backends, far } = place;
  const neighbour = (device: string, address: string, mac: string) =>
    `neigh replace ${address} dev ${device} lladdr ${mac} nud permanent`;
  // Of a route that packets are forwarded by, only an MTU that is locked counts.
  const upTo = (mtu: number) => `mtu lock ${mtu}`;
  return [
    `addr add ${nodePrefix} dev eth0${family === 6 ? ' nodad' : ''}`,
    neighbour('eth0', router, macs.router),
    ...backends.map((address, n) => neighbour('eth0', address, macs.backend(n))),
    `route add ${clientNet} via ${router} ${upTo(mtus.client)}`,
    `route add ${backends[0]} dev eth0 ${upTo(mtus.firstBackend)}`,
    `route add unreachable ${refusedNet}`,
    `route add ${podNet} dev pods`,
    `route add ${far} dev pods ${upTo(mtus.far)}`,
    neighbour('pods', far, macs.far),
  ];
}
