import { removePinned } from '@lbx/core';
import type { ServiceSpec } from '@lbx/maps';
import { describeKernel } from '@lbx/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addresses, createPacketWorld, type LbProcess } from '../../../core/test/packet-world.ts';
import { run } from '../../test/run.ts';

const [a] = addresses.remote;
const service = (port: number): ServiceSpec => ({
  name: `shop/${port}`,
  frontends: [{ address: addresses.service, port, protocol: 'TCP', type: 'LoadBalancer' }],
  backends: [{ address: a!, port: 8080, protocol: 'TCP' }],
});

describeKernel('lbx status and lbx top', () => {
  let world: Awaited<ReturnType<typeof createPacketWorld>>;
  let lb: LbProcess;
  beforeAll(async () => {
    world = await createPacketWorld();
    lb = await world.start({ traffic: true });
    await lb.apply([service(80), service(81)]);
  }, 60_000);
  afterAll(async () => {
    await lb?.kill();
    removePinned(world.pins);
    world.close();
  });
  // Nobody listens there: these load balancers have no health check.
  const status = (...more: string[]) =>
    run(['status', '--pins', world.pins, '--healthz', 'http://127.0.0.1:1/', ...more]);

  it('top has the busiest service first', async () => {
    const clients = [81, 81, 81, 80].map((port) => world.askAlong(`${addresses.service}:${port}`, 1000));
    await Promise.all(clients.map((client) => client.next()));
    const { out } = await run(['top', '--pins', world.pins, '--interval', '1', '--once', '--json']);
    for (const client of clients) await client.kill();
    const { services, newFlows } = JSON.parse(out);
    expect(services.map(({ frontend }: { frontend: string }) => frontend)).toEqual([
      `${addresses.service}:81/TCP`,
      `${addresses.service}:80/TCP`,
    ]);
    expect(services[0].packets).toBeGreaterThan(services[1].packets);
    expect(newFlows).toBeGreaterThan(1);
  });

  it('top says how to switch counting on', async () => {
    await lb.kill();
    removePinned(world.pins);
    lb = await world.start();
    await lb.apply([service(80)]);
    const { code, err } = await run(['top', '--pins', world.pins, '--once']);
    expect(code).toBe(4);
    expect(err).toContain('--traffic');
  });

  it('status tells of a running one, and that nobody follows changes once it is killed', async () => {
    const healthy = await status('--json');
    expect(healthy).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(healthy.out)).toMatchObject({
      healthy: true,
      verdict: expect.stringMatching(/^healthy: process \d+ keeps 1 frontend in force$/),
      served: [{ family: 4, frontends: { LoadBalancer: 1 }, backends: 1, dangling: 0 }, { family: 6 }],
    });
    const { maps, pinned } = JSON.parse(healthy.out);
    expect(maps).toContainEqual(
      expect.objectContaining({ name: 'lb4_backends_v3', entries: 1, refuses: true }),
    );
    const since = Date.now() - pinned.links[0].loadedAt;
    expect(since).toBeGreaterThan(0);
    expect(since).toBeLessThan(600_000);
    await lb.kill();
    const { code, lines } = await status();
    expect(code).toBe(1);
    expect(lines[0]).toBe('not healthy: 1 thing needs a look');
    expect(lines[1]).toMatch(/^ {2}no agent runs on these pins/);
    expect(lines.join('\n')).toMatch(/xdp_eth0 +lbx_xdp\w* +\d+ +\d+ (s|min) ago/);
  });

  it.each(['lru', 'buckets'] as const)(
    'status counts the flows in use, in a table of %s',
    async (flowTable) => {
      await lb.kill();
      removePinned(world.pins);
      lb = await world.start({ flowTable });
      await lb.apply([service(80)]);
      const flows = async () =>
        JSON.parse((await status('--json')).out).maps.find(({ name }: { name: string }) =>
          /flow(_set)?4$/.test(name),
        );
      expect(await flows()).toMatchObject({ entries: 0, about: 'flows', refuses: false });
      world.ask(`${addresses.service}:80`, 7);
      const { entries, maxEntries } = await flows();
      expect(entries).toBe(7);
      expect(maxEntries).toBeGreaterThan(1000);
    },
  );

  it('status where nothing is', async () => {
    const { code, out } = await run(['status', '--pins', `${world.pins}-none`]);
    expect(code).toBe(1);
    expect(out).toMatch(/^not there: nothing of lbx is pinned/);
  });
});
