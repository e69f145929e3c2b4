import { IpProto, Ipv4RevnatEntry, ServiceFlag, ServiceFlag2 } from '@lbx/maps';
import { createNetns, describeKernel, type Netns } from '@lbx/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  deleteAffinityMatch,
  deleteBackend,
  deleteReverseNat,
  type TestService,
  writeBackend,
  writeLocalAddress,
  writeService,
  writeSkip,
} from './sock-services.ts';
import { type Client, createNode, createSockWorld, type SockWorld, startServer } from './sock-world.ts';

const { NodePort, externalIP, LoadBalancer, hostPort, affinity, routable } = ServiceFlag;
const { twoScopes, intLocal, l7 } = ServiceFlag2;

const VIP4 = '198.51.100.1';
const VIP6 = '2001:db8:1::1';
const NODE4 = '203.0.113.1';
const NODE6 = '2001:db8:3::1';
/** On loopback like the node's addresses, but not in lbx_local_addrs. */
const STRANGER4 = '203.0.113.9';
const BACKENDS4 = ['192.0.2.10', '192.0.2.11', '192.0.2.12'];
const BACKENDS6 = ['2001:db8:2::10', '2001:db8:2::11'];
const PORT = 8080;

const backend4 = (n: number) => ({ id: 10 + n, address: BACKENDS4[n]!, port: PORT });
const backend6 = (n: number) => ({ id: 20 + n, address: BACKENDS6[n]!, port: PORT });
const answersAs = (address: string) => `${address} ${PORT}`;
const protos = ['TCP', 'UDP'] as const;

let node: Netns;

function setUpNode() {
  beforeAll(async () => {
    node = createNode([...BACKENDS4, ...BACKENDS6, NODE4, NODE6, STRANGER4]);
    const addresses = [...BACKENDS4, ...BACKENDS6, '127.0.0.1'];
    await startServer(
      node,
      addresses.map((address) => ({ address, port: PORT })),
    );
  });
  afterAll(() => node.close());
}

function setUpWorld(variables?: () => Record<string, number | bigint>): { readonly world: SockWorld } {
  const holder = {} as { world: SockWorld };
  beforeAll(() => {
    holder.world = createSockWorld(node, variables?.());
    for (const address of [NODE4, NODE6]) writeLocalAddress(holder.world.object, address);
  });
  afterAll(() => holder.world?.close());
  return holder;
}

/** All ways to reach address:port with a protocol: what answered, and what the socket takes it for. */
async function reach(client: Client, proto: 'TCP' | 'UDP', address: string, port: number) {
  if (proto === 'TCP') return [await client.ask({ op: 'tcp', address, port })];
  return [
    await client.ask({ op: 'udp', address, port, connected: true }),
    await client.ask({ op: 'udp', address, port, connected: false }),
  ];
}

describeKernel('socket load balancer: translation', () => {
  setUpNode();
  const set = setUpWorld();
  let id = 100;
  const write = (service: Omit<TestService, 'id' | 'backends'> & Partial<TestService>) =>
    writeService(set.world.object, { id: id++, backends: [backend4(0)], ...service });

  it.each(protos)('%s to a ClusterIP reaches a backend, and the peer is the service', async (proto) => {
    write({ address: VIP4, port: 80, proto });
    for (const answer of await reach(set.world.client, proto, VIP4, 80))
      expect(answer).toEqual({ from: answersAs(BACKENDS4[0]!), peer: `${VIP4} 80` });
  });

  it.each(protos)('%s to an IPv6 ClusterIP', async (proto) => {
    write({ address: VIP6, port: 80, proto, backends: [backend6(0)] });
    for (const answer of await reach(set.world.client, proto, VIP6, 80))
      expect(answer).toEqual({ from: answersAs(BACKENDS6[0]!), peer: `${VIP6} 80` });
  });

  it.each(protos)('%s to a ClusterIP mapped into IPv6', async (proto) => {
    write({ address: VIP4, port: 81, proto });
    for (const answer of await reach(set.world.client, proto, `::ffff:${VIP4}`, 81))
      expect(answer).toEqual({ from: answersAs(BACKENDS4[0]!), peer: `::ffff:${VIP4} 81` });
  });

  it.each(protos)('%s to no service goes where it was meant to, of both families', async (proto) => {
    for (const address of [BACKENDS4[1]!, BACKENDS6[1]!, `::ffff:${BACKENDS4[1]}`]) {
      for (const answer of await reach(set.world.client, proto, address, PORT))
        expect(answer).toEqual({
          from: answersAs(address.replace('::ffff:', '')),
          peer: `${address} ${PORT}`,
        });
    }
  });

  it('keeps TCP and UDP of one address and port apart', async () => {
    write({ address: VIP4, port: 53, proto: 'TCP', backends: [backend4(0)] });
    write({ address: VIP4, port: 53, proto: 'UDP', backends: [backend4(1)] });
    const [tcp] = await reach(set.world.client, 'TCP', VIP4, 53);
    const [udp] = await reach(set.world.client, 'UDP', VIP4, 53);
    expect([tcp?.from, udp?.from]).toEqual([answersAs(BACKENDS4[0]!), answersAs(BACKENDS4[1]!)]);
  });

  it('spreads TCP connections over all backends, and no UDP socket changes its backend', async () => {
    const backends = [0, 1, 2].map(backend4);
    for (const proto of protos) write({ address: VIP4, port: 82, proto, backends });
    const seen = new Map<string, number>();
    const rounds = 300;
    for (let n = 0; n < rounds; n++) {
      const { from } = await set.world.client.ask({ op: 'tcp', address: VIP4, port: 82 });
      seen.set(from!, (seen.get(from!) ?? 0) + 1);
    }
    expect([...seen.keys()].sort()).toEqual(BACKENDS4.map(answersAs));
    // A fair choice misses this band once in some ten million runs.
    for (const count of seen.values()) {
      expect(count).toBeGreaterThan(rounds / 6);
      expect(count).toBeLessThan(rounds / 2);
    }
    await set.world.client.ask({ op: 'udp-open', family: 4 });
    const froms = new Set<string>();
    for (let n = 0; n < 20; n++) {
      await set.world.client.ask({ op: 'udp-send', address: VIP4, port: 82 });
      froms.add((await set.world.client.ask({ op: 'udp-receive' })).from!);
    }
    expect(froms.size).toBe(1);
  });

  it('spreads UDP sockets over all backends', async () => {
    const froms = new Set<string>();
    for (let n = 0; n < 30; n++) {
      froms.add((await set.world.client.ask({ op: 'udp', address: VIP4, port: 82, connected: true })).from!);
    }
    expect([...froms].sort()).toEqual(BACKENDS4.map(answersAs));
  });

  it('prefers the backends of the internal scope, where a service has two', async () => {
    for (const proto of protos) {
      const service = { address: VIP4, port: 83, proto, flags: LoadBalancer | routable };
      const flags2 = twoScopes | intLocal;
      write({ ...service, flags2, backends: [backend4(0)] });
      const [before] = await reach(set.world.client, proto, VIP4, 83);
      expect(before?.from, 'internal scope not written yet').toBe(answersAs(BACKENDS4[0]!));
      write({ ...service, flags2, scope: 1, backends: [backend4(1), backend4(2)] });
      for (let n = 0; n < 10; n++) {
        for (const { from, peer } of await reach(set.world.client, proto, VIP4, 83)) {
          expect([answersAs(BACKENDS4[1]!), answersAs(BACKENDS4[2]!)]).toContain(from);
          expect(peer).toBe(`${VIP4} 83`);
        }
      }
    }
  });

  it.each(protos)('%s to a service without backends is refused at once, of both families', async (proto) => {
    write({ address: VIP4, port: 84, proto, backends: [] });
    write({ address: VIP6, port: 84, proto, backends: [] });
    for (const address of [VIP4, VIP6, `::ffff:${VIP4}`]) {
      for (const answer of await reach(set.world.client, proto, address, 84))
        expect(answer, address).toEqual({ error: 'ECONNREFUSED' });
    }
  });

  it('leaves an L7 service alone', async () => {
    write({ address: BACKENDS4[1]!, port: PORT, proto: 'TCP', flags2: l7, backends: [backend4(0)] });
    expect((await set.world.client.ask({ op: 'tcp', address: BACKENDS4[1]!, port: PORT })).from).toBe(
      answersAs(BACKENDS4[1]!),
    );
  });

  it('picks anew when a backend is gone that a slot still names, and refuses when all are', async () => {
    const gone = { id: 90, address: '192.0.2.90', port: PORT };
    write({ address: VIP4, port: 85, proto: 'UDP', backends: [gone, backend4(2)] });
    deleteBackend(set.world.object, gone);
    for (let n = 0; n < 10; n++) {
      const { from } = await set.world.client.ask({ op: 'udp', address: VIP4, port: 85, connected: true });
      expect(from).toBe(answersAs(BACKENDS4[2]!));
    }
    write({ address: VIP4, port: 86, proto: 'TCP', backends: [gone] });
    deleteBackend(set.world.object, gone);
    expect(await set.world.client.ask({ op: 'tcp', address: VIP4, port: 86 })).toEqual({
      error: 'ECONNREFUSED',
    });
  });

  it('shows the backend as the source of an answer once the service is gone', async () => {
    const service: TestService = { id: 99, address: VIP4, port: 87, proto: 'UDP', backends: [backend4(0)] };
    writeService(set.world.object, service);
    const { client } = set.world;
    await client.ask({ op: 'udp-open', family: 4 });
    await client.ask({ op: 'udp-send', address: VIP4, port: 87 });
    expect((await client.ask({ op: 'udp-receive' })).peer).toBe(`${VIP4} 87`);
    deleteReverseNat(set.world.object, service);
    await client.ask({ op: 'udp-send', address: BACKENDS4[0]!, port: PORT });
    expect((await client.ask({ op: 'udp-receive' })).peer).toBe(answersAs(BACKENDS4[0]!));
    const asked = [...set.world.object.map('lb4_reverse_sk').entries()].map(([, value]) =>
      Ipv4RevnatEntry.decode(value),
    );
    expect(asked.filter(({ port }) => port === 87)).toEqual([]);
  });
});

describeKernel('socket load balancer: addresses of the node', () => {
  setUpNode();
  let pod: Netns;
  let podClient: Client;
  const hostCookie = { value: 0n };
  beforeAll(async () => {
    pod = createNetns('pod');
    pod.addAddress('lo', `${BACKENDS4[0]}/32`);
    // Learn the node's cookie from a first world; the one under test is loaded with it.
    const probe = createSockWorld(node);
    hostCookie.value = BigInt((await probe.client.ask({ op: 'netns-cookie' })).cookie!);
    probe.close();
  });
  afterAll(() => pod.close());
  const set = setUpWorld(() => ({ lbx_host_netns_cookie: hostCookie.value, lbx_skip_lb_on: 1 }));
  const inRange = 30080;
  const outOfRange = 29999;

  beforeAll(async () => {
    podClient = set.world.startClient(pod);
    await startServer(pod, [
      { address: '127.0.0.1', port: inRange },
      { address: BACKENDS4[0]!, port: PORT },
    ]);
    let id = 200;
    const write = (service: Omit<TestService, 'id' | 'backends'>) => {
      const backends = service.address.includes(':') ? [backend6(0)] : [backend4(0)];
      writeService(set.world.object, { id: id++, backends, ...service });
    };
    for (const proto of protos) {
      for (const port of [inRange, outOfRange]) {
        write({ address: '0.0.0.0', port, proto, flags: NodePort });
        write({ address: '::', port, proto, flags: NodePort });
      }
      write({ address: NODE4, port: inRange, proto, flags: NodePort | routable });
      // Not a NodePort: the surrogate of address 0 must not stand for other types.
      write({ address: '0.0.0.0', port: 30081, proto, flags: LoadBalancer });
      write({ address: NODE4, port: 8000, proto, flags: hostPort | routable });
      write({ address: STRANGER4, port: 8001, proto, flags: hostPort | routable });
      write({ address: NODE4, port: 8002, proto, flags: externalIP | routable });
      write({ address: STRANGER4, port: 8003, proto, flags: externalIP | routable });
      write({ address: VIP4, port: 443, proto, flags: LoadBalancer | routable });
      write({ address: VIP6, port: 443, proto, flags: LoadBalancer | routable });
    }
  });

  const nodeAddresses = [
    '127.0.0.1',
    '127.9.9.9',
    '0.0.0.0',
    NODE4,
    '::1',
    '::',
    NODE6,
    `::ffff:${NODE4}`,
    '::ffff:127.0.0.1',
  ];
  it.each(nodeAddresses)('a NodePort is reached on %s', async (address) => {
    const v6 = address.includes(':') && !address.startsWith('::ffff:');
    for (const proto of protos) {
      for (const answer of await reach(set.world.client, proto, address, inRange))
        expect(answer, proto).toEqual({
          from: answersAs(v6 ? BACKENDS6[0]! : BACKENDS4[0]!),
          peer: `${address} ${inRange}`,
        });
    }
  });

  it.each([
    ['a port outside the NodePort range', '127.0.0.1', outOfRange],
    ['an IPv6 port outside the NodePort range', '::1', outOfRange],
    ["an address that is not the node's", STRANGER4, inRange],
    ['a frontend of address 0 that is no NodePort', '127.0.0.1', 30081],
    ["a hostPort on an address that is not the node's", STRANGER4, 8001],
    ["an externalIP that is not the node's", STRANGER4, 8003],
  ])('is not translated: %s', async (_what, address, port) => {
    // The refusal is the kernel's: nobody listens there. A translated connection would be answered.
    expect(await set.world.client.ask({ op: 'tcp', address, port })).toEqual({ error: 'ECONNREFUSED' });
  });

  it.each([
    ['a hostPort', 8000],
    ['an externalIP', 8002],
  ])('%s on an address of the node is translated', async (_what, port) => {
    for (const proto of protos)
      for (const { from } of await reach(set.world.client, proto, NODE4, port))
        expect(from).toBe(answersAs(BACKENDS4[0]!));
  });

  it("leaves a pod's own loopback to the pod, but translates the node's address there", async () => {
    expect(await podClient.ask({ op: 'tcp', address: '127.0.0.1', port: inRange })).toEqual({
      from: `127.0.0.1 ${inRange}`,
      peer: `127.0.0.1 ${inRange}`,
    });
    expect(await podClient.ask({ op: 'tcp', address: NODE4, port: inRange })).toEqual({
      from: answersAs(BACKENDS4[0]!),
      peer: `${NODE4} ${inRange}`,
    });
  });

  it('obeys skip_lb per network namespace', async () => {
    writeSkip(set.world.object, hostCookie.value, VIP4, 443);
    writeSkip(set.world.object, hostCookie.value, VIP6, 443);
    for (const address of [VIP4, `::ffff:${VIP4}`, VIP6])
      expect(await set.world.client.ask({ op: 'tcp', address, port: 443 }), address).toEqual({
        error: 'ENETUNREACH',
      });
    expect((await podClient.ask({ op: 'tcp', address: VIP4, port: 443 })).from).toBe(
      answersAs(BACKENDS4[0]!),
    );
  });

  describeBind();

  function describeBind() {
    const taken = { error: 'EADDRINUSE' };
    it.each([
      ['0.0.0.0', inRange, taken],
      ['127.0.0.1', inRange, taken],
      [NODE4, inRange, taken],
      [NODE4, 8002, taken],
      ['::', inRange, taken],
      ['::1', inRange, taken],
      [NODE6, inRange, taken],
      [`::ffff:${NODE4}`, inRange, taken],
      ['0.0.0.0', 30082, {}],
      [STRANGER4, inRange, {}],
      [NODE4, 8000, {}],
      ['0.0.0.0', 443, {}],
      ['::', 0, {}],
    ])('bind to %s port %d: %o', async (address, port, expected) => {
      for (const proto of protos)
        expect(await set.world.client.ask({ op: 'bind', proto, address, port }), proto).toEqual(expected);
    });

    it('does not guard the ports of a pod', async () => {
      for (const proto of protos)
        expect(await podClient.ask({ op: 'bind', proto, address: '0.0.0.0', port: 30083 })).toEqual({});
      expect(
        await podClient.ask({ op: 'bind', proto: 'TCP', address: BACKENDS4[0]!, port: inRange }),
      ).toEqual({});
    });
  }
});

describeKernel('socket load balancer: session affinity', () => {
  setUpNode();
  const set = setUpWorld();
  const backends = [0, 1, 2].map(backend4);
  const sticky = (port: number, id: number, affinitySeconds: number): TestService => ({
    id,
    address: VIP4,
    port,
    proto: 'TCP',
    flags: affinity,
    affinitySeconds,
    backends,
  });
  const ask = async (client: Client, port: number) =>
    (await client.ask({ op: 'tcp', address: VIP4, port })).from!;
  const askOften = async (client: Client, port: number) => {
    const froms = new Set<string>();
    for (let n = 0; n < 30; n++) froms.add(await ask(client, port));
    return [...froms];
  };

  it('keeps a namespace at its backend while the backend belongs to the service', async () => {
    writeService(set.world.object, sticky(80, 1, 10800));
    const first = await askOften(set.world.client, 80);
    expect(first).toHaveLength(1);
    const mine = backends.find(({ address }) => answersAs(address) === first[0])!;
    deleteAffinityMatch(set.world.object, mine.id, 1);
    // One backend chosen anew and kept; the old one is only kept on if chance wants it, then it does not hold.
    const froms = await askOften(set.world.client, 80);
    expect(froms.at(-1)).not.toBe(answersAs(mine.address));
  });

  it('moves on from a backend that is terminating or gone', async () => {
    writeService(set.world.object, sticky(81, 2, 10800));
    const old = await ask(set.world.client, 81);
    const mine = backends.find(({ address }) => answersAs(address) === old)!;
    writeBackend(set.world.object, { ...mine, state: 1 }, IpProto.TCP);
    const others = backends.filter(({ id }) => id !== mine.id);
    writeService(set.world.object, { ...sticky(81, 2, 10800), backends: others });
    const froms = await askOften(set.world.client, 81);
    expect(froms).toHaveLength(1);
    expect(others.map(({ address }) => answersAs(address))).toContain(froms[0]);
    const next = others.find(({ address }) => answersAs(address) === froms[0])!;
    const last = others.filter(({ id }) => id !== next.id);
    deleteBackend(set.world.object, next);
    writeService(set.world.object, { ...sticky(81, 2, 10800), backends: last });
    expect(await askOften(set.world.client, 81)).toEqual([answersAs(last[0]!.address)]);
    for (const backend of backends) writeBackend(set.world.object, backend, IpProto.TCP);
  });

  it('forgets after the timeout', async () => {
    writeService(set.world.object, sticky(82, 3, 0));
    expect((await askOften(set.world.client, 82)).length).toBeGreaterThan(1);
  });
});

describeKernel('socket load balancer: settings', () => {
  setUpNode();
  const service = (port: number, backends = [backend4(0)]): TestService => ({
    id: port,
    address: VIP4,
    port,
    proto: 'TCP',
    backends,
  });
  const withWorld = async (
    variables: Record<string, number | bigint>,
    run: (world: SockWorld) => Promise<void>,
  ) => {
    const world = createSockWorld(node, variables);
    try {
      await run(world);
    } finally {
      world.close();
    }
  };

  it('lbx_refuse_errno and lbx_bind_errno choose the error', async () => {
    await withWorld({ lbx_refuse_errno: 113, lbx_bind_errno: 0 }, async ({ object, client }) => {
      writeService(object, service(80, []));
      writeService(object, { ...service(30080), address: '0.0.0.0', flags: NodePort });
      expect(await client.ask({ op: 'tcp', address: VIP4, port: 80 })).toEqual({ error: 'EHOSTUNREACH' });
      expect(await client.ask({ op: 'bind', proto: 'TCP', address: '0.0.0.0', port: 30080 })).toEqual({
        error: 'EPERM',
      });
    });
  });

  it('lbx_peer_names off: getpeername gives the backend, UDP answers still come from the service', async () => {
    await withWorld({ lbx_peer_names: 0, lbx_refuse_errno: 0 }, async ({ object, client }) => {
      writeService(object, service(80));
      writeService(object, { ...service(81), proto: 'UDP' });
      writeService(object, service(82, []));
      expect((await client.ask({ op: 'tcp', address: VIP4, port: 80 })).peer).toBe(answersAs(BACKENDS4[0]!));
      expect([...object.map('lb4_reverse_sk').keys()]).toEqual([]);
      expect((await client.ask({ op: 'udp', address: VIP4, port: 81, connected: false })).peer).toBe(
        `${VIP4} 81`,
      );
      expect(await client.ask({ op: 'tcp', address: VIP4, port: 82 })).toEqual({ error: 'EPERM' });
    });
  });

  it("lbx_external_ips_anywhere translates externalIPs that are not the node's", async () => {
    await withWorld({ lbx_external_ips_anywhere: 1 }, async ({ object, client }) => {
      writeService(object, { ...service(80), flags: externalIP | routable });
      expect((await client.ask({ op: 'tcp', address: VIP4, port: 80 })).from).toBe(answersAs(BACKENDS4[0]!));
    });
  });

  it('lbx_nodeport_min and lbx_nodeport_max bound the wildcard lookup, ends included', async () => {
    await withWorld({ lbx_nodeport_min: 20000, lbx_nodeport_max: 20001 }, async ({ object, client }) => {
      for (const port of [19999, 20000, 20001, 20002])
        writeService(object, { ...service(port), address: '0.0.0.0', flags: NodePort });
      const reached: number[] = [];
      for (const port of [19999, 20000, 20001, 20002])
        if ((await client.ask({ op: 'tcp', address: '127.0.0.1', port })).from) reached.push(port);
      expect(reached).toEqual([20000, 20001]);
    });
  });

  it('lbx_gate_on: what is not in the gate is not looked up', async () => {
    await withWorld({ lbx_gate_on: 1 }, async ({ object, client }) => {
      writeService(object, service(80));
      expect(await client.ask({ op: 'tcp', address: VIP4, port: 80 })).toEqual({ error: 'ENETUNREACH' });
      // All bits set is the gate that lets everything through.
      const words = object.map('lbx_gate');
      const key = new DataView(new ArrayBuffer(4));
      const ones = new Uint8Array(8).fill(0xff);
      for (let word = 0; word < words.maxEntries; word++) {
        key.setUint32(0, word, true);
        words.set(new Uint8Array(key.buffer), ones);
      }
      expect((await client.ask({ op: 'tcp', address: VIP4, port: 80 })).from).toBe(answersAs(BACKENDS4[0]!));
    });
  });
});
