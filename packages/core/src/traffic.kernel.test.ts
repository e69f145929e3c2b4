import { isDeepStrictEqual } from 'node:util';
import type { ServiceSpec } from '@lbx/maps';
import { createBpffsFolder, createCgroup, describeKernel } from '@lbx/testing';
import { BpfMap } from 'libbpf-ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addresses, createPacketWorld, type LbProcess } from '../test/packet-world.ts';
import { createLoadBalancer } from './load-balancer.ts';
import type { TrafficCount } from './traffic.ts';

const [a, b] = addresses.remote;
const web = (...backends: string[]): ServiceSpec => ({
  name: 'default/web',
  frontends: [{ address: addresses.service, port: 80, protocol: 'TCP', type: 'LoadBalancer' }],
  backends: backends.map((address) => ({ address, port: 8080, protocol: 'TCP' })),
});

/** Read at a moment when no packets came: connections may still be closing. */
async function quiet(lb: LbProcess) {
  for (;;) {
    const { counters } = await lb.status();
    const traffic = await lb.traffic();
    if (isDeepStrictEqual((await lb.status()).counters, counters)) return { ...traffic, counters };
  }
}

describeKernel('traffic of a load balancer', () => {
  let world: Awaited<ReturnType<typeof createPacketWorld>>;
  let lb: LbProcess | undefined;
  beforeAll(async () => {
    world = await createPacketWorld();
  });
  afterAll(() => world.end());
  const packets = (counts: readonly TrafficCount[]) =>
    counts.reduce((sum, { requests, replies }) => sum + requests.packets + replies.packets, 0);

  it('is that of the frontends, of the backends, and of the counters, all the same', async () => {
    lb = await world.start({ traffic: true });
    await lb.apply([web(a, b)]);
    world.ask(`${addresses.service}:80`, 20);
    const { frontends, backends, counters } = await quiet(lb);
    expect(frontends.map(({ name }) => name)).toEqual(['198.51.100.1:80/TCP']);
    expect(backends.map(({ name }) => name).sort()).toEqual([`${a}:8080/TCP`, `${b}:8080/TCP`]);
    const [web1] = frontends;
    expect(web1!.requests.bytes).toBeGreaterThan(54 * web1!.requests.packets);
    expect(web1!.replies.bytes).toBeGreaterThan(54 * web1!.replies.packets);
    expect(web1!.requests).toEqual(counters.sent_request);
    expect(web1!.replies).toEqual(counters.sent_reply);
    expect(packets(backends)).toBe(packets(frontends));
  });

  it('begins anew with a service that comes back, and goes on with a new process', async () => {
    await lb!.apply([]);
    await lb!.apply([web(a)]);
    expect(await lb!.traffic()).toEqual({ frontends: [], backends: [] });
    world.ask(`${addresses.service}:80`, 1);
    const before = await lb!.traffic();
    expect(packets(before.frontends)).toBeGreaterThan(5);
    await lb!.kill();
    lb = await world.start({ traffic: true });
    expect(await lb.apply([web(a)])).toMatchObject({ writes: 0 });
    const after = await lb.traffic();
    expect(after.frontends[0]!.requests.packets).toBeGreaterThanOrEqual(
      before.frontends[0]!.requests.packets,
    );
  });

  it('takes no memory when it is not asked for, and can be switched on over the same pins', async () => {
    const elements = () => {
      using map = BpfMap.openPinned(`${world.pins}/lbx_frontend_traffic`);
      return map.maxEntries;
    };
    for (const traffic of [false, true]) {
      await lb!.kill();
      lb = await world.start({ traffic });
      expect(elements()).toBe(traffic ? 65_536 : 1);
      await lb.apply([web(a)]);
      expect(world.ask(`${addresses.service}:80`, 1)).toEqual([`${a}:8080 sees ${addresses.node}`]);
    }
    expect(packets((await lb!.traffic()).frontends)).toBeGreaterThan(5);
  });

  it('of one that does not count is an error that says how to', () => {
    using folder = createBpffsFolder('core-traffic');
    using cgroup = createCgroup('core-traffic');
    using sockets = createLoadBalancer({
      cgroup: cgroup.path,
      pins: `${folder.path}/lbx`,
      nodeAddresses: [],
    });
    expect(() => sockets.traffic()).toThrow(
      expect.objectContaining({ code: 'LBX_NO_TRAFFIC', message: expect.stringContaining('--traffic') }),
    );
    expect(() => sockets.events()).toThrow(expect.objectContaining({ code: 'LBX_NO_EVENTS' }));
    sockets.remove();
  });
});
