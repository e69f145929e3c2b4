import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceSpec } from '@lbx/maps';
import { describeKernel } from '@lbx/testing';
import { BpfMap } from 'libbpf-ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Lines } from '../test/lines.ts';
import { addresses, createPacketWorld, type LbProcess } from '../test/packet-world.ts';
import type { LoadBalancerOptions } from './options/options.ts';
import { removePinned } from './remove/remove-pinned.ts';

const backend = (address: string) => ({ address, port: 8080, protocol: 'TCP' }) as const;
const frontend = (port: number) =>
  ({ address: addresses.service, port, protocol: 'TCP', type: 'LoadBalancer' }) as const;
/** To the other nodes with all that a service can have, and to the node itself. */
const services: readonly ServiceSpec[] = [
  {
    name: 'default/far',
    frontends: [frontend(80)],
    sourceRanges: ['192.0.2.0/24'],
    backends: addresses.remote.map(backend),
    affinitySeconds: 600,
  },
  {
    name: 'default/near',
    frontends: [frontend(81)],
    backends: [{ ...backend(addresses.local), node: 'local' }],
  },
];

/** Options, the maps that they resize, and how large these are then. What is not named goes back to its default. */
const resizes: readonly (readonly [string, LoadBalancerOptions, Readonly<Record<string, number>>])[] = [
  sizes('smaller maps of services', {
    lb4_services_v2: 1000,
    lb4_backends_v3: 300,
    lb4_reverse_nat: 300,
    lb_affinity_match: 100,
    lb4_affinity: 5000,
    lb4_source_range: 50,
    lb4_maglev: 20,
  }),
  sizes('larger ones', { lb4_services_v2: 100_000, lb4_backends_v3: 70_000, lb4_maglev: 70_000 }),
  sizes('a smaller gate and smaller arrays by id', {
    lbx_gate: 1024,
    lbx_backend_meta: 1000,
    lbx_frontend_meta: 1000,
    lbx_backend_hops: 1000,
    lbx_fragments4: 2000,
    lbx_vlans: 10,
  }),
  sizes('a larger gate', { lbx_gate: 65_536 }),
  ['fewer flows', { flowTable: 'lru', flows: 2048 }, { lbx_flow4: 2048 }],
  ['flows in buckets', { flowTable: 'buckets', flows: 4096 }, { lbx_flow_set4: 1025 }],
  ['more buckets', { flowTable: 'buckets', flows: 50_000 }, { lbx_flow_set4: 12_501 }],
  ['more SNAT ports, other than those before', { snatPorts: [9000, 29_999] }, { lbx_rev4: 21_000 }],
  ['larger Maglev tables', { snatPorts: [9000, 29_999], maglevSize: 509 }, { lbx_rev4: 21_000 }],
];

function sizes(what: string, maxEntries: Readonly<Record<string, number>>) {
  return [what, { maxEntries }, maxEntries] as const;
}

describeKernel('a restart with maps of other sizes', () => {
  let world: Awaited<ReturnType<typeof createPacketWorld>>;
  let lb: LbProcess | undefined;
  const connections: Lines[] = [];
  const base = { maglevSize: 251, sweepSeconds: false, snatPorts: [10_000, 29_999] } as const;
  const restart = async (options: LoadBalancerOptions) => {
    await lb?.kill();
    lb = await world.start({ ...base, ...options });
    return lb;
  };
  const sizeOf = (name: string) => {
    using map = BpfMap.openPinned(join(world.pins, name));
    return map.maxEntries;
  };
  const ids = (lines: readonly string[]) => lines.filter((line) => /backends_v3|reverse_nat/.test(line));

  beforeAll(async () => {
    world = await createPacketWorld();
    await (await restart({ algorithm: 'maglev' })).apply(services);
    for (const port of [80, 81, 80, 81]) {
      const connection = world.connect(`${addresses.service}:${port}`);
      connections.push(connection);
      await connection.next();
    }
  });
  afterAll(async () => {
    await lb?.kill();
    await Promise.all(connections.map(({ kill }) => kill()));
    removePinned(world.pins);
    world.close();
  });

  it.each(resizes)('%s', async (_, options, sizes) => {
    const dumpBefore = ids(await lb!.dump());
    const { note_healed_flow: healed } = (await lb!.status()).counters;
    const started = await restart({ algorithm: 'maglev', ...options });
    for (const [name, size] of Object.entries(sizes)) expect([name, sizeOf(name)]).toEqual([name, size]);
    expect(readdirSync(world.pins).filter((name) => name.includes(':'))).toEqual([]);
    // Nothing has been applied yet: everything goes on as it was left.
    for (const [i, connection] of connections.entries()) expect(await connection.ask(`${i}`)).toBe(`${i}`);
    expect(world.ask(`${addresses.service}:80`, 2)[1]).toMatch(/^192.0.2.2[01]:8080 sees 192.0.2.1$/);
    expect(world.ask(`${addresses.service}:81`, 1)).toEqual([
      `${addresses.local}:8080 sees ${addresses.client}`,
    ]);
    const status = await started.status();
    expect(status.counters.note_healed_flow).toEqual(healed);
    expect(ids(await started.dump())).toEqual(dumpBefore);
    // What is right after all is what the control plane works out itself.
    expect(await started.apply(services)).toMatchObject({ failed: [], refused: [] });
    expect((await started.status()).frontends.every(({ programmed }) => programmed)).toBe(true);
    for (const connection of connections) expect(await connection.ask('still')).toBe('still');
  });
});
