// Which backend a socket gets, and what it gets without one: the same of IPv4, IPv6 and IPv4 inside IPv6.
import {
  type BackendId,
  IpProto,
  Lb4AffinityKey,
  Lb6AffinityKey,
  LbAffinityVal,
  ServiceFlag,
  ServiceFlag2,
} from '@lbx/maps';
import { createNetns, describeKernel, type Netns } from '@lbx/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  answersAs,
  BACKENDS4,
  BACKENDS6,
  backend4,
  backend6,
  PORT,
  protos,
  reach,
  setUpNode,
  setUpWorld,
  VIP4,
  VIP6,
} from './sock-fixture.ts';
import {
  deleteReverseNat,
  type TestService,
  writeBackend,
  writeElsewhere,
  writeService,
  writeSkip,
} from './sock-services.ts';
import { type Client, createSockWorld, startServer } from './sock-world.ts';

const { LoadBalancer, affinity, routable } = ServiceFlag;
const { twoScopes, intLocal } = ServiceFlag2;

const v4 = {
  vip: VIP4,
  backends: [backend4(0), backend4(1)] as const,
  table: 'lb4_affinity',
  Key: Lb4AffinityKey,
};
const v6 = {
  vip: VIP6,
  backends: [backend6(0), backend6(1)] as const,
  table: 'lb6_affinity',
  Key: Lb6AffinityKey,
};
const families = [
  ['IPv4', { ...v4, dial: VIP4, ports: 0 }],
  ['IPv6', { ...v6, dial: VIP6, ports: 0 }],
  ['IPv4 in IPv6', { ...v4, dial: `::ffff:${VIP4}`, ports: 100 }],
] as const;

describeKernel('socket load balancer: choice of a backend', () => {
  const on = setUpNode();
  const set = setUpWorld(on, () => ({ lbx_skip_lb_on: 1 }));
  let pod: Netns;
  let podClient: Client;
  let id = 400;

  beforeAll(async () => {
    pod = createNetns('pod');
    for (const address of BACKENDS4) pod.addAddress('lo', `${address}/32`);
    for (const address of BACKENDS6) pod.addAddress('lo', `${address}/128`);
    const endpoints = [...BACKENDS4, ...BACKENDS6].map((address) => ({ address, port: PORT }));
    await startServer(pod, endpoints);
    podClient = set.world.startClient(pod);
  });
  afterAll(() => pod?.close());

  const write = (service: Omit<TestService, 'id'>): TestService => {
    const written = { id: id++, ...service };
    writeService(set.world.object, written);
    return written;
  };
  const froms = async (client: Client, proto: 'TCP' | 'UDP', address: string, port: number, times = 20) => {
    const seen = new Set<string | undefined>();
    for (let n = 0; n < times; n++)
      for (const { from, error } of await reach(client, proto, address, port)) seen.add(from ?? error);
    return [...seen];
  };
  /** As the programs count: CLOCK_MONOTONIC. */
  const now = () => process.hrtime.bigint() / 1_000_000_000n;
  const cookieOf = async (client: Client) => BigInt((await client.ask({ op: 'netns-cookie' })).cookie!);

  describe.each(families)('%s', (_family, { vip, dial, ports, backends, table, Key }) => {
    const names = backends.map(({ address }) => answersAs(address));

    it.each(protos)('%s: session affinity is kept by network namespace', async (proto) => {
      const port = ports + 80;
      const service = write({ address: vip, port, proto, flags: affinity, affinitySeconds: 600, backends });
      const [mine, others] = [set.world.client, podClient];
      const first = await froms(mine, proto, dial, port);
      expect(first).toHaveLength(1);
      expect(await froms(others, proto, dial, port)).toHaveLength(1);
      const kept = new Map(
        [...set.world.object.map(table).keys()]
          .map((bytes) => [Key.decode(bytes), bytes] as const)
          .flatMap(([key, bytes]) =>
            key.revNatId === service.id && 'clientCookie' in key ? [[key.clientCookie, bytes] as const] : [],
          ),
      );
      expect(new Set(kept.keys())).toEqual(new Set([await cookieOf(mine), await cookieOf(others)]));
      // The pod was with another backend all the time: neither namespace minds the other.
      const other = backends.find(({ address }) => answersAs(address) !== first[0])!;
      const value = LbAffinityVal.encode({ lastUsed: now(), backendId: other.id as BackendId });
      set.world.object.map(table).set(kept.get(await cookieOf(others))!, value);
      expect(await froms(others, proto, dial, port)).toEqual([answersAs(other.address)]);
      expect(await froms(mine, proto, dial, port)).toEqual(first);
    });

    it.each(protos)(
      '%s: a terminating backend gets no new sockets while another is active',
      async (proto) => {
        const leaving = [backends[0], { ...backends[1], state: 1 }];
        write({ address: vip, port: ports + 81, proto, backends: leaving, count: 1 });
        expect(await froms(set.world.client, proto, dial, ports + 81)).toEqual([names[0]]);
        // With nothing else, those that still serve count as the active ones.
        write({
          address: vip,
          port: ports + 82,
          proto,
          backends: leaving.map((one) => ({ ...one, state: 1 })),
        });
        expect((await froms(set.world.client, proto, dial, ports + 82)).sort()).toEqual(names.toSorted());
        for (const backend of backends) writeBackend(set.world.object, backend, IpProto[proto]);
      },
    );

    it.each(protos)('%s: the internal scope has backends of its own', async (proto) => {
      const frontend = { address: vip, port: ports + 83, proto, flags: LoadBalancer | routable };
      const flags2 = twoScopes | intLocal;
      write({ ...frontend, flags2, backends: [backends[0]] });
      expect(await froms(set.world.client, proto, dial, ports + 83, 3), 'not written yet').toEqual([
        names[0],
      ]);
      write({ ...frontend, flags2, scope: 1, backends: [backends[1]] });
      expect(await froms(set.world.client, proto, dial, ports + 83)).toEqual([names[1]]);
      write({ ...frontend, flags2, scope: 1, backends: [] });
      expect(await froms(set.world.client, proto, dial, ports + 83, 1)).toEqual(['ECONNREFUSED']);
    });

    it.each(protos)('%s: no backends here, but elsewhere: the host is unreachable', async (proto) => {
      const service = write({ address: vip, port: ports + 84, proto, backends: [] });
      for (const answer of await reach(set.world.client, proto, dial, ports + 84))
        expect(answer).toEqual({ error: 'ECONNREFUSED' });
      writeElsewhere(set.world.object, service.id);
      for (const answer of await reach(set.world.client, proto, dial, ports + 84))
        expect(answer).toEqual({ error: 'EHOSTUNREACH' });
      writeService(set.world.object, { ...service, backends });
      expect(names).toContain((await froms(set.world.client, proto, dial, ports + 84, 1))[0]);
    });

    it.each(protos)(
      '%s: a wildcard entry and other ports of the address mean nothing to sockets',
      async (proto) => {
        write({ address: vip, port: ports + 85, proto, backends });
        write({ address: vip, port: 0, proto, backends: [] });
        for (const answer of await reach(set.world.client, proto, dial, ports + 86))
          expect(answer).toEqual({ error: 'ENETUNREACH' });
      },
    );

    it.each(protos)('%s: a service that a namespace is not to see', async (proto) => {
      write({ address: vip, port: ports + 87, proto, backends });
      writeSkip(set.world.object, await cookieOf(podClient), vip, ports + 87);
      for (const answer of await reach(podClient, proto, dial, ports + 87))
        expect(answer).toEqual({ error: 'ENETUNREACH' });
      expect(names).toContain((await froms(set.world.client, proto, dial, ports + 87, 1))[0]);
    });

    it('an unconnected socket hears the service as long as there is one, then the backend', async () => {
      const service = write({ address: vip, port: ports + 88, proto: 'UDP', backends: [backends[0]] });
      const { client } = set.world;
      const prefix = dial.startsWith('::ffff:') ? '::ffff:' : '';
      await client.ask({ op: 'udp-open', family: dial.includes(':') ? 6 : 4 });
      for (let n = 0; n < 3; n++) {
        await client.ask({ op: 'udp-send', address: dial, port: ports + 88 });
        expect(await client.ask({ op: 'udp-receive' })).toEqual({
          from: names[0],
          peer: `${dial} ${ports + 88}`,
        });
      }
      deleteReverseNat(set.world.object, service);
      const backend = `${prefix}${backends[0].address}`;
      await client.ask({ op: 'udp-send', address: backend, port: PORT });
      expect((await client.ask({ op: 'udp-receive' })).peer).toBe(`${backend} ${PORT}`);
    });

    it.each(protos)('%s: a process reaches itself through the service', async (proto) => {
      const port = 9000;
      const self = { ...backends[0], id: 60 + families.findIndex(([name]) => name === _family), port };
      write({ address: vip, port: ports + 89, proto, backends: [self] });
      expect(
        await podClient.ask({
          op: 'self',
          proto,
          backend: { address: self.address, port },
          service: { address: dial, port: ports + 89 },
        }),
      ).toEqual({ from: self.address, peer: `${dial} ${ports + 89}` });
    });
  });

  it('lbx_elsewhere_errno chooses the error', async () => {
    const world = createSockWorld(on.node, { lbx_elsewhere_errno: 110 });
    try {
      writeService(world.object, { id: 1, address: VIP4, port: 80, proto: 'TCP', backends: [] });
      writeElsewhere(world.object, 1);
      expect(await world.client.ask({ op: 'tcp', address: VIP4, port: 80 })).toEqual({ error: 'ETIMEDOUT' });
    } finally {
      world.close();
    }
  });
});
