// What the files of socket tests share: addresses, and a node and an attached object per `describe`.
import type { Netns } from '@lbx/testing';
import { afterAll, beforeAll } from 'vitest';
import type { Answer } from './sock-client.ts';
import { writeLocalAddress } from './sock-services.ts';
import { type Client, createNode, createSockWorld, type SockWorld, startServer } from './sock-world.ts';

export const VIP4 = '198.51.100.1';
export const VIP6 = '2001:db8:1::1';
export const NODE4 = '203.0.113.1';
export const NODE6 = '2001:db8:3::1';
/** On loopback like the node's addresses, but not in lbx_local_addrs. */
export const STRANGER4 = '203.0.113.9';
export const BACKENDS4 = ['192.0.2.10', '192.0.2.11', '192.0.2.12'];
export const BACKENDS6 = ['2001:db8:2::10', '2001:db8:2::11'];
export const PORT = 8080;

export const backend4 = (n: number) => ({ id: 10 + n, address: BACKENDS4[n]!, port: PORT });
export const backend6 = (n: number) => ({ id: 20 + n, address: BACKENDS6[n]!, port: PORT });
export const answersAs = (address: string) => `${address} ${PORT}`;
export const protos = ['TCP', 'UDP'] as const;

/** A node for the tests of a `describe`: backends answer on all their addresses and on 127.0.0.1, port PORT. */
export function setUpNode(): { readonly node: Netns } {
  const holder = {} as { node: Netns };
  beforeAll(async () => {
    holder.node = createNode([...BACKENDS4, ...BACKENDS6, NODE4, NODE6, STRANGER4]);
    const addresses = [...BACKENDS4, ...BACKENDS6, '127.0.0.1'];
    await startServer(
      holder.node,
      addresses.map((address) => ({ address, port: PORT })),
    );
  });
  afterAll(() => holder.node?.close());
  return holder;
}

/** The object attached for the tests of a `describe`, NODE4 and NODE6 being the node's addresses. */
export function setUpWorld(
  on: { readonly node: Netns },
  variables?: () => Record<string, number | bigint>,
): { readonly world: SockWorld } {
  const holder = {} as { world: SockWorld };
  beforeAll(() => {
    holder.world = createSockWorld(on.node, variables?.());
    for (const address of [NODE4, NODE6]) writeLocalAddress(holder.world.object, address);
  });
  afterAll(() => holder.world?.close());
  return holder;
}

/** All ways to reach address:port with a protocol: what answered, and what the socket takes it for. */
export async function reach(
  client: Client,
  proto: 'TCP' | 'UDP',
  address: string,
  port: number,
): Promise<Answer[]> {
  if (proto === 'TCP') return [await client.ask({ op: 'tcp', address, port })];
  return [
    await client.ask({ op: 'udp', address, port, connected: true }),
    await client.ask({ op: 'udp', address, port, connected: false }),
  ];
}
