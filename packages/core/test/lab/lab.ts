import { join } from 'node:path';
import { createBpffsFolder } from '@lbx/testing';
import type { LoadBalancerOptions } from '../../src/index.ts';
import { type Actor, startActor } from './actor.ts';
import { families, podPort } from './addresses.ts';
import { type Balancer, startBalancer } from './balancer.ts';
import { createNetwork, type Network } from './network.ts';

/** The network with a client and pods that serve. */
export interface Lab extends Disposable {
  readonly network: Network;
  readonly client: Actor;
  /** Starts load balancers on the two nodes. */
  start(options: LoadBalancerOptions): Promise<Nodes>;
}

/** Load balancers of both nodes. Services are written as node 1 sees them. */
export interface Nodes {
  readonly node1: Balancer;
  readonly node2: Balancer;
  stop(): Promise<void>;
}

export async function createLab(): Promise<Lab> {
  const stack = new DisposableStack();
  const network = stack.use(createNetwork());
  try {
    const pins = stack.use(createBpffsFolder('lab'));
    const [client, pods1, pods2] = [network.client, network.pods1, network.pods2].map(startActor) as [
      Actor,
      Actor,
      Actor,
    ];
    const all = Object.values(families);
    await Promise.all([
      pods1.listen(
        all.flatMap(({ local }) => local.pods),
        podPort,
      ),
      pods2.listen(
        all.flatMap(({ remote }) => remote.pods),
        podPort,
      ),
    ]);
    return {
      network,
      client,
      async start(options) {
        const [node1, node2] = await Promise.all(
          (['node1', 'node2'] as const).map((name) =>
            startBalancer(network[name], { ...options, pins: join(pins.path, name) }),
          ) as [Promise<Balancer>, Promise<Balancer>],
        );
        return {
          node1,
          node2,
          stop: async () => void (await Promise.all([node1.stop(), node2.stop()])),
        };
      },
      [Symbol.dispose]: () => stack.dispose(),
    };
  } catch (error) {
    stack.dispose();
    throw error;
  }
}
