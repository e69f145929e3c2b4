import { ServiceFlag } from '@lbx/maps';
import { createNetns, describeKernel, type Netns } from '@lbx/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  answersAs,
  BACKENDS4,
  BACKENDS6,
  backend4,
  backend6,
  NODE4,
  NODE6,
  PORT,
  protos,
  reach,
  STRANGER4,
  setUpNode,
  setUpWorld,
  VIP4,
  VIP6,
} from './sock-fixture.ts';
import { type TestService, writeService, writeSkip } from './sock-services.ts';
import { type Client, createSockWorld, startServer } from './sock-world.ts';

const { NodePort, externalIP, LoadBalancer, hostPort, routable } = ServiceFlag;

describeKernel('socket load balancer: addresses of the node', () => {
  const on = setUpNode();
  let pod: Netns;
  let podClient: Client;
  const hostCookie = { value: 0n };
  beforeAll(async () => {
    pod = createNetns('pod');
    pod.addAddress('lo', `${BACKENDS4[0]}/32`);
    // Learn the node's cookie from a first world; the one under test is loaded with it.
    const probe = createSockWorld(on.node);
    hostCookie.value = BigInt((await probe.client.ask({ op: 'netns-cookie' })).cookie!);
    probe.close();
  });
  afterAll(() => pod.close());
  const set = setUpWorld(on, () => ({ lbx_host_netns_cookie: hostCookie.value, lbx_skip_lb_on: 1 }));
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
