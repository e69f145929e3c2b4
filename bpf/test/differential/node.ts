import type { Family } from '@lbx/maps';
import { createNetns, createVethPair, type Netns } from '@lbx/testing';
import { enterNetns } from '../xdp-netns.ts';
import { families, macs, type Place, places } from './place.ts';

/** The node: a namespace with devices, routes and neighbours; this thread is in it. */
export interface Node extends Disposable {
  readonly ns: Netns;
  /** Of the device to the world. */
  readonly ifindex: number;
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
    const { index: ifindex } = ns.device('eth0');
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
      setForwarding: (family, on) => ns.sysctl(`net.ipv${family}.conf.eth0.forwarding`, on ? 1 : 0),
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
  return [
    `addr add ${nodePrefix} dev eth0${family === 6 ? ' nodad' : ''}`,
    neighbour('eth0', router, macs.router),
    ...backends.map((address, n) => neighbour('eth0', address, macs.backend(n))),
    `route add ${clientNet} via ${router}`,
    `route add unreachable ${refusedNet}`,
    `route add ${podNet} dev pods`,
    neighbour('pods', far, macs.far),
  ];
}
