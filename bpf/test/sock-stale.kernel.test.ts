import { statSync } from 'node:fs';
import { readObject } from '@lbx/bpf';
import { Ipv4RevnatEntry, Ipv4RevnatTuple, LbxStaleSocket, ServiceFlag, ServiceFlag2 } from '@lbx/maps';
import { createNetns, describeKernel, type Netns } from '@lbx/testing';
import { type BpfObject, destroySocket, inNetns, type Link, load, readIterator } from 'libbpf-ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  answersAs,
  BACKENDS4,
  BACKENDS6,
  backend4,
  backend6,
  NODE4,
  PORT,
  setUpNode,
  setUpWorld,
  VIP4,
  VIP6,
} from './sock-fixture.ts';
import { deleteService, type TestBackend, type TestService, writeService } from './sock-services.ts';
import { type Client, startServer } from './sock-world.ts';

const { NodePort, LoadBalancer, routable } = ServiceFlag;
const { twoScopes, intLocal } = ServiceFlag2;

/** Lists stale sockets everywhere, and destroys those of one namespace. */
interface Sweeper {
  find(): LbxStaleSocket[];
  destroy(netns: Netns): LbxStaleSocket[];
}

const decode = (bytes: Buffer): LbxStaleSocket[] =>
  Array.from({ length: bytes.length / LbxStaleSocket.size }, (_, n) =>
    LbxStaleSocket.decode(bytes.subarray(n * LbxStaleSocket.size, (n + 1) * LbxStaleSocket.size)),
  );

describeKernel('connected UDP sockets whose backend is gone', () => {
  const on = setUpNode();
  // TCP sockets have origins as well: they are left alone for being TCP, not for want of one.
  const set = setUpWorld(on, () => ({ lbx_peer_names: 2 }));
  const opened: (BpfObject | Link)[] = [];
  let sweeper: Sweeper;
  let pod: Netns;
  let podClient: Client;
  let port = 100;

  beforeAll(async () => {
    const { object } = set.world;
    const shared = Object.fromEntries(
      ['lb4_services_v2', 'lb4_backends_v3', 'lb6_services_v2', 'lb6_backends_v3', 'lbx_sock_origin'].map(
        (name) => [name, { reuse: object.map(name) }],
      ),
    );
    const finder = load(readObject('sockstale'), { maps: shared });
    const destroyer = load(readObject('sockdestroy'), { maps: shared });
    const find = finder.program('lbx_find_stale_udp').attachIter({ map: object.map('lbx_sock_origin') });
    const destroy = destroyer.program('lbx_destroy_stale_udp').attachIter();
    opened.push(find, destroy, finder, destroyer);
    sweeper = {
      find: () => decode(readIterator(find)),
      destroy: (netns) => decode(inNetns(netns.path, () => readIterator(destroy))),
    };
    pod = createNetns('pod');
    for (const address of BACKENDS4) pod.addAddress('lo', `${address}/32`);
    for (const address of BACKENDS6) pod.addAddress('lo', `${address}/128`);
    await startServer(
      pod,
      [...BACKENDS4, ...BACKENDS6].map((address) => ({ address, port: PORT })),
    );
    podClient = set.world.startClient(pod);
  });
  afterAll(() => {
    for (const thing of opened) thing[Symbol.dispose]();
    pod?.close();
  });

  const service = (
    address: string,
    backends: readonly TestBackend[],
    more: Partial<TestService> = {},
  ): TestService => ({ id: port, port: port++, address, proto: 'UDP', backends, ...more });
  const write = (wanted: TestService) => writeService(set.world.object, wanted);
  const hold = (client: Client, name: string, { address, port }: Pick<TestService, 'address' | 'port'>) =>
    client.ask({ op: 'hold', name, proto: 'UDP', address, port });
  const inode = ({ path }: Netns) => statSync(path).ino;

  it.each([
    ['IPv4', VIP4, backend4(0), backend4(1), ''],
    ['IPv6', VIP6, backend6(0), backend6(1), ''],
    ['IPv4 in IPv6', VIP4, backend4(0), backend4(1), '::ffff:'],
  ])(
    '%s, in the node and in a pod: ECONNABORTED, and the next connect() finds the new one',
    async (_what, address, old, next, prefix) => {
      const wanted = service(address, [old]);
      const mapped = (text: string) => (text.includes(':') ? text : `::ffff:${text}`);
      write(wanted);
      const places = [
        { client: set.world.client, netns: on.node },
        { client: podClient, netns: pod },
      ];
      const target = { address: `${prefix}${address}`, port: wanted.port };
      for (const { client } of places) {
        expect(await hold(client, 'mine', target)).toEqual({ peer: `${target.address} ${target.port}` });
        expect((await client.ask({ op: 'talk', name: 'mine' })).from).toBe(answersAs(old.address));
        // Someone who connected to the backend itself.
        await hold(client, 'strange', { address: `${prefix}${old.address}`, port: old.port });
      }
      expect(sweeper.find()).toEqual([]);

      write({ ...wanted, backends: [next] });
      const found = sweeper.find();
      expect(found).toHaveLength(2);
      for (const { netns, client } of places) {
        const [stale] = found.filter((socket) => socket.netns === inode(netns));
        expect(stale).toMatchObject({
          backend: mapped(old.address),
          backendPort: old.port,
          service: mapped(address),
          servicePort: wanted.port,
          family: target.address.includes(':') ? 10 : 2,
          ifindex: 0,
        });
        expect(sweeper.destroy(netns)).toEqual([stale]);
        expect(await client.ask({ op: 'await-error', name: 'mine' })).toEqual({ error: 'ECONNABORTED' });
        await client.ask({ op: 'reconnect', name: 'mine', ...target });
        expect(await client.ask({ op: 'talk', name: 'mine' })).toEqual({
          from: answersAs(next.address),
          peer: `${target.address} ${target.port}`,
        });
        expect((await client.ask({ op: 'talk', name: 'strange' })).from).toBe(answersAs(old.address));
      }
      expect(sweeper.find()).toEqual([]);
    },
  );

  it.each([
    ['IPv4', VIP4, backend4(0), ''],
    ['IPv6', VIP6, backend6(0), ''],
    ['IPv4 in IPv6', VIP4, backend4(0), '::ffff:'],
  ])('%s: can be destroyed by socket diagnosis too', async (_what, address, old, prefix) => {
    const wanted = service(address, [old]);
    write(wanted);
    await hold(podClient, 'mine', { address: `${prefix}${address}`, port: wanted.port });
    deleteService(set.world.object, wanted);
    const [stale] = sweeper.find();
    const bytes = LbxStaleSocket.encode(stale!);
    const [from, length] = stale!.family === 2 ? [12, 4] : [0, 16];
    const destroyed = inNetns(pod.path, () =>
      destroySocket({
        protocol: 'udp',
        family: stale!.family === 2 ? 4 : 6,
        localAddress: bytes.subarray(8 + from, 8 + from + length),
        localPort: stale!.localPort,
        remoteAddress: bytes.subarray(24 + from, 24 + from + length),
        remotePort: stale!.backendPort,
        cookie: stale!.cookie,
      }),
    );
    expect(destroyed).toBe(true);
    expect(await podClient.ask({ op: 'await-error', name: 'mine' })).toEqual({ error: 'ECONNABORTED' });
    expect(sweeper.find()).toEqual([]);
  });

  it('TCP connections and unconnected sockets are left alone', async () => {
    const { client, object } = set.world;
    const tcp = service(VIP4, [backend4(0)], { proto: 'TCP' });
    const udp = { ...tcp, proto: 'UDP' } as const;
    write(tcp);
    write(udp);
    await client.ask({ op: 'hold', name: 'tcp', proto: 'TCP', address: VIP4, port: tcp.port });
    await client.ask({ op: 'udp-open', family: 4 });
    await client.ask({ op: 'udp-send', address: VIP4, port: udp.port });
    await client.ask({ op: 'udp-receive' });
    for (const gone of [tcp, udp]) deleteService(object, gone);
    expect(sweeper.find()).toEqual([]);
    expect(sweeper.destroy(on.node)).toEqual([]);
    expect(await client.ask({ op: 'talk', name: 'tcp' })).toEqual({
      from: answersAs(BACKENDS4[0]!),
      peer: `${VIP4} ${tcp.port}`,
    });
    await client.ask({ op: 'udp-send', address: BACKENDS4[0]!, port: PORT });
    expect((await client.ask({ op: 'udp-receive' })).from).toBe(answersAs(BACKENDS4[0]!));
  });

  it('a backend that is leaving keeps its sockets, wherever its slot is', async () => {
    const { client } = set.world;
    const wanted = service(VIP4, [backend4(0)]);
    write(wanted);
    await hold(client, 'mine', wanted);
    write({ ...wanted, backends: [backend4(1), { ...backend4(0), state: 1 }], count: 1 });
    expect(sweeper.find()).toEqual([]);
    write({ ...wanted, backends: [{ ...backend4(0), state: 2 }], count: 0 });
    expect(sweeper.find()).toEqual([]);
    deleteService(set.world.object, { ...wanted, backends: [backend4(0)] }, 1);
    expect(sweeper.find()).toHaveLength(1);
    expect(sweeper.destroy(on.node)).toHaveLength(1);
  });

  it('finds a backend in any slot, when the service has fewer than before', async () => {
    const { client } = set.world;
    const wanted = service(VIP4, [0, 1, 2].map(backend4));
    write(wanted);
    await client.ask({ op: 'hold', name: 'mine', proto: 'UDP', address: VIP4, port: wanted.port, count: 30 });
    write({ ...wanted, backends: [backend4(2)] });
    const gone = sweeper.destroy(on.node).map(({ backend }) => backend);
    // Thirty sockets, one after the other, are spread over all.
    expect(new Set(gone)).toEqual(new Set([0, 1].map((n) => `::ffff:${BACKENDS4[n]}`)));
    expect(gone.length).toBeLessThan(30);
  });

  it('goes by the service, not by who else has the backend', async () => {
    const { client } = set.world;
    const [one, other] = [service(VIP4, [backend4(0)]), service(VIP4, [backend4(0)])];
    write(one);
    write(other);
    await hold(client, 'one', one);
    await hold(client, 'other', other);
    write({ ...one, backends: [backend4(1)] });
    const destroyed = sweeper.destroy(on.node);
    expect(destroyed.map(({ servicePort }) => servicePort)).toEqual([one.port]);
    expect((await client.ask({ op: 'talk', name: 'other' })).from).toBe(answersAs(BACKENDS4[0]!));
  });

  it('knows the backend of a NodePort on any address, and of the internal scope', async () => {
    const { client, object } = set.world;
    const surrogate = service('0.0.0.0', [backend4(0)], { port: 30100, flags: NodePort });
    const surrogate6 = service('::', [backend6(0)], { port: 30100, flags: NodePort });
    const outside = service(VIP4, [backend4(0)], {
      flags: LoadBalancer | routable,
      flags2: twoScopes | intLocal,
    });
    const inside: TestService = { ...outside, scope: 1, backends: [backend4(1)] };
    for (const wanted of [surrogate, surrogate6, outside, inside]) write(wanted);
    const targets = ['127.0.0.1', '0.0.0.0', NODE4, '::1'].map((address) => ({ address, port: 30100 }));
    for (const target of [...targets, inside]) await hold(client, target.address, target);
    expect(sweeper.find()).toEqual([]);
    write({ ...inside, backends: [backend4(2)] });
    expect(sweeper.destroy(on.node).map(({ backend }) => backend)).toEqual([`::ffff:${BACKENDS4[1]}`]);
    for (const gone of [surrogate, surrogate6]) deleteService(object, gone);
    expect(sweeper.destroy(on.node)).toHaveLength(targets.length);
  });

  it('lb4_reverse_sk may be full of other things', async () => {
    const { client, object } = set.world;
    const wanted = service(VIP4, [backend4(0)]);
    write(wanted);
    await hold(client, 'mine', wanted);
    const table = object.map('lb4_reverse_sk');
    const entry = Ipv4RevnatEntry.encode({ address: VIP4, port: 9, revNatIndex: 9 as never });
    for (let cookie = 1n; cookie <= 3n * BigInt(table.maxEntries); cookie++)
      table.set(Ipv4RevnatTuple.encode({ cookie: cookie << 32n, address: BACKENDS4[0]!, port: PORT }), entry);
    deleteService(object, wanted);
    expect(sweeper.destroy(on.node)).toHaveLength(1);
    expect(await client.ask({ op: 'await-error', name: 'mine' })).toEqual({ error: 'ECONNABORTED' });
  });

  it.each([
    ['IPv4, the same backend', VIP4, backend4(0), backend4(0)],
    ['IPv4, another address', VIP4, backend4(0), backend4(1)],
    ['IPv6, the same backend', VIP6, backend6(0), backend6(0)],
    ['IPv6, another address', VIP6, backend6(0), backend6(1)],
  ])('a socket that went on by itself is no longer ours: %s', async (_what, address, backend, second) => {
    const { client, object } = set.world;
    const wanted = service(address, [backend]);
    write(wanted);
    await client.ask({ op: 'connect-twice', name: 'twice', first: wanted, second });
    expect(await client.ask({ op: 'talk', name: 'twice' })).toEqual({
      from: answersAs(second.address),
      peer: answersAs(second.address),
    });
    deleteService(object, wanted);
    expect(sweeper.find()).toEqual([]);
    expect(sweeper.destroy(on.node)).toEqual([]);
  });

  it('more sockets than the kernel writes at once', async () => {
    const { client, object } = set.world;
    const wanted = service(VIP4, [backend4(0)]);
    write(wanted);
    const count = 600;
    expect(count * LbxStaleSocket.size).toBeGreaterThan(32768);
    await client.ask({ op: 'hold', name: 'many', proto: 'UDP', address: VIP4, port: wanted.port, count });
    deleteService(object, wanted);
    expect(new Set(sweeper.find().map(({ cookie }) => cookie)).size).toBe(count);
    expect(new Set(sweeper.destroy(on.node).map(({ cookie }) => cookie)).size).toBe(count);
    expect(await client.ask({ op: 'await-error', name: 'many' })).toEqual({ error: 'ECONNABORTED' });
    expect(sweeper.find()).toEqual([]);
  });
});
