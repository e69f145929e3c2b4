import { Ipv4RevnatEntry, ServiceFlag, ServiceFlag2 } from '@lbx/maps';
import { describeKernel } from '@lbx/testing';
import { expect, it } from 'vitest';
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
import { deleteBackend, deleteReverseNat, type TestService, writeService } from './sock-services.ts';

const { LoadBalancer, routable } = ServiceFlag;
const { twoScopes, intLocal, l7 } = ServiceFlag2;

describeKernel('socket load balancer: translation', () => {
  const on = setUpNode();
  const set = setUpWorld(on);
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
