import { existsSync, readdirSync } from 'node:fs';
import type { ServiceSpec } from '@lbx/maps';
import { describeKernel } from '@lbx/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addresses, createPacketWorld, type LbProcess } from '../test/packet-world.ts';

const nodePort = 30080;
const [a, b] = addresses.remote;

/** One service with a NodePort and a LoadBalancer address. */
const serviceOf = (...backends: string[]): ServiceSpec => ({
  name: 'default/web',
  frontends: [
    { address: '0.0.0.0', port: nodePort, protocol: 'TCP', type: 'NodePort' },
    { address: addresses.service, port: 80, protocol: 'TCP', type: 'LoadBalancer' },
  ],
  backends: backends.map((address) => ({ address, port: 8080, protocol: 'TCP' })),
});

describeKernel('packets of a client', () => {
  let world: Awaited<ReturnType<typeof createPacketWorld>>;
  let lb: LbProcess;
  const targets = {
    LoadBalancer: `${addresses.service}:80`,
    NodePort: `${addresses.node}:${nodePort}`,
  } as const;

  beforeAll(async () => {
    world = await createPacketWorld();
    lb = await world.start();
  });
  afterAll(() => world.end());

  it.each(['LoadBalancer', 'NodePort'] as const)(
    '%s: remote backends share them, and see the node',
    async (type) => {
      await lb.apply([serviceOf(a, b)]);
      const answers = world.ask(targets[type], 20);
      expect(new Set(answers)).toEqual(
        new Set([`${a}:8080 sees ${addresses.node}`, `${b}:8080 sees ${addresses.node}`]),
      );
    },
  );

  it.each(['LoadBalancer', 'NodePort'] as const)(
    '%s: a backend on the node sees the client itself',
    async (type) => {
      await lb.apply([serviceOf(addresses.local)]);
      expect(new Set(world.ask(targets[type], 5))).toEqual(
        new Set([`${addresses.local}:8080 sees ${addresses.client}`]),
      );
    },
  );

  it('a backend that is removed gets no more, and its connections end at once', async () => {
    await lb.apply([serviceOf(a)]);
    const connection = world.connect(targets.LoadBalancer);
    expect(await connection.next()).toBe(`${a}:8080 sees ${addresses.node}`);
    await lb.apply([serviceOf(b)]);
    expect(new Set(world.ask(targets.LoadBalancer, 10))).toEqual(
      new Set([`${b}:8080 sees ${addresses.node}`]),
    );
    expect(await connection.ask('still there?')).toBe('ECONNRESET');
  });

  it('a service without endpoints is refused; with some on other nodes only, its packets are dropped', async () => {
    const [frontend] = serviceOf().frontends.slice(1);
    const nobody = { ...serviceOf(), frontends: [frontend] } as ServiceSpec;
    const elsewhere: ServiceSpec = {
      ...nobody,
      extLocal: true,
      backends: [{ address: a, port: 8080, protocol: 'TCP', node: 'other' }],
    };
    await lb.apply([nobody]);
    expect(world.ask(targets.LoadBalancer, 1)).toEqual(['ECONNREFUSED']);
    const before = (await lb.status()).counters.drop_no_local_backend?.packets ?? 0;
    await lb.apply([elsewhere]);
    expect(world.ask(targets.LoadBalancer, 1, 500)).toEqual(['timeout']);
    expect((await lb.status()).counters.drop_no_local_backend?.packets).toBeGreaterThan(before);
    await lb.apply([nobody]);
    expect(world.ask(targets.LoadBalancer, 1)).toEqual(['ECONNREFUSED']);
  });

  it('status tells what became of packets, what is attached and what is programmed', async () => {
    await lb.apply([serviceOf(a, addresses.local)]);
    world.ask(targets.LoadBalancer, 10);
    const status = await lb.status();
    expect(status.counters).toMatchObject({
      sent_request: { packets: expect.any(Number), bytes: expect.any(Number) },
      sent_local_reply: { packets: expect.any(Number) },
      note_new_flow: { bytes: 0 },
    });
    expect(status.counters.sent_request?.bytes).toBeGreaterThan(
      54 * (status.counters.sent_request?.packets ?? 0),
    );
    expect(status.attachments).toMatchObject([
      { name: 'tc_egress_eth0', hook: 'tc egress', via: 'tcx', device: 'eth0', attached: true },
      { name: 'tc_ingress_eth0', hook: 'tc ingress', via: 'tcx', device: 'eth0', attached: true },
      { name: 'xdp_eth0', hook: 'xdp', via: 'native', device: 'eth0', attached: true },
    ]);
    expect(status.families).toMatchObject([
      {
        family: 4,
        packets: true,
        xdp: ['eth0'],
        tc: ['eth0'],
        pods: [],
        sockets: false,
        snatAddress: addresses.node,
      },
      { family: 6, packets: false, xdp: [], tc: [], nodeAddresses: [] },
    ]);
    expect(status.frontends).toMatchObject([
      { name: `0.0.0.0:${nodePort}/TCP`, service: 'default/web', backends: 2, programmed: true },
      { name: `${addresses.node}:${nodePort}/TCP`, service: 'default/web', backends: 2, programmed: true },
      { name: `${addresses.service}:80/TCP`, service: 'default/web', backends: 2, programmed: true },
    ]);
    expect(status.entries).toMatchObject({ lb4_backends_v3: 2 });
  });

  it('programs that are loaded anew while it runs cost no connection', async () => {
    await lb.apply([serviceOf(a, b)]);
    const connection = world.connect(targets.LoadBalancer);
    await connection.next();
    const programs = async () => (await lb.status()).attachments.map(({ programId }) => programId);
    const before = await programs();
    const clients = world.askAlong(targets.NodePort, 300);
    const answers = new Set<string>();
    let asked = 0;
    // The MTU is a setting of the programs.
    for (const mtu of ['1400', '1450']) {
      const now = await programs();
      world.node.exec('ip', ['link', 'set', 'dev', 'eth0', 'mtu', mtu]);
      while ((await programs()).some((id, i) => id === now[i])) {
        answers.add(await clients.next());
        asked++;
      }
      expect(await connection.ask(`mtu ${mtu}`)).toBe(`mtu ${mtu}`);
    }
    for (; asked < 300; asked++) answers.add(await clients.next());
    expect(answers).toEqual(new Set([a, b].map((one) => `${one}:8080 sees ${addresses.node}`)));
    expect((await programs()).filter((id) => before.includes(id))).toEqual([]);
    const { counters } = await lb.status();
    expect(counters.drop_missed_tail_call).toBe(undefined);
    expect(
      readdirSync(world.pins)
        .filter((name) => /calls/.test(name))
        .sort(),
    ).toEqual(['lbx_tc_calls', 'lbx_xdp_calls']);
  });

  it('a process that is killed is missed by nobody, and the next one takes over where it was', async () => {
    await lb.apply([serviceOf(a, b)]);
    const connection = world.connect(targets.LoadBalancer);
    const who = await connection.next();
    const [before, entries] = [await lb.status(), await lb.dump()];
    await lb.kill();
    expect(await connection.ask('nobody at the wheel')).toBe('nobody at the wheel');
    expect(world.ask(targets.NodePort, 5)).toHaveLength(5);

    lb = await world.start();
    expect(lb.summary.takenOver).toBe(3);
    expect(await connection.ask('somebody else')).toBe('somebody else');
    expect(await lb.dump()).toEqual(entries);
    expect(await lb.apply([serviceOf(a, b)])).toMatchObject({ writes: 0, failed: [] });
    expect(await lb.dump()).toEqual(entries);
    const after = await lb.status();
    expect(after.maps.map(({ name, id }) => [name, id])).toEqual(
      before.maps.map(({ name, id }) => [name, id]),
    );
    expect(after.attachments.map(({ linkId }) => linkId)).toEqual(
      before.attachments.map(({ linkId }) => linkId),
    );
    expect(await connection.ask(who)).toBe(who);
    expect(new Set(world.ask(targets.LoadBalancer, 20)).size).toBe(2);
    // The array of tail calls of the second process has taken the first one's place.
    expect(readdirSync(world.pins).filter((name) => name.startsWith('lbx_xdp_calls'))).toEqual([
      'lbx_xdp_calls',
    ]);
    expect(after.counters.drop_missed_tail_call).toBe(undefined);
  });

  it('nothing is left of it in the end', async () => {
    await lb.remove();
    expect(existsSync(world.pins)).toBe(false);
    expect(world.ask(targets.NodePort, 1)).toEqual(['ECONNREFUSED']);
  });
});
