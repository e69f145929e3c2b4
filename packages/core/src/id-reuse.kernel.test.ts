import type { ServiceSpec } from '@lbx/maps';
import { describeKernel } from '@lbx/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Lines } from '../test/lines.ts';
import { addresses, createPacketWorld, type LbProcess } from '../test/packet-world.ts';
import { removePinned } from './remove/remove-pinned.ts';

const [a, b] = addresses.remote;
const service = (name: string, port: number, ...backends: string[]): ServiceSpec => ({
  name,
  frontends: [{ address: addresses.service, port, protocol: 'TCP', type: 'LoadBalancer' }],
  backends: backends.map((address) => ({ address, port: 8080, protocol: 'TCP' })),
  affinitySeconds: 600,
});
const old = service('default/old', 80, a, b);
const next = service('default/next', 81, addresses.local);

describeKernel('ids of what was deleted just before', () => {
  let world: Awaited<ReturnType<typeof createPacketWorld>>;
  let lb: LbProcess | undefined;
  const connections: Lines[] = [];
  const start = async (ids?: number) => {
    await lb?.kill();
    lb = await world.start(ids === undefined ? {} : { maxEntries: { lbx_backend_meta: ids + 1 } });
    return lb;
  };
  /** Ids of backends by address. */
  const idsIn = (lines: readonly string[]) =>
    new Map(
      lines.flatMap((line) => {
        const [, id, address] = /backends_v3 id=(\d+) => ([\d.]+):/.exec(line) ?? [];
        return id === undefined || address === undefined ? [] : [[address, Number(id)] as const];
      }),
    );
  beforeAll(async () => {
    world = await createPacketWorld();
  });
  afterAll(async () => {
    await Promise.all(connections.map(({ kill }) => kill()));
    await lb?.kill();
    removePinned(world.pins);
    world.close();
  });

  it.each([
    ['a restart, there are others: none of them is given away', undefined, true],
    ['a restart, there are no others: an old flow never reaches the new owner of its id', 2, true],
    ['a new service, there are no others: an old flow never reaches the new owner of its id', 2, false],
  ])('%s', async (_, ids, restarts) => {
    const first = await start(ids);
    await first.apply([old]);
    const before = idsIn(await first.dump());
    const connection = world.connect(`${addresses.service}:80`);
    connections.push(connection);
    const [server = ''] = (await connection.next()).split(':');
    expect([a, b]).toContain(server);
    await first.apply([]);

    const second = restarts ? await start(ids) : first;
    await second.apply([next]);
    const taken = idsIn(await second.dump()).get(addresses.local);
    if (ids === undefined) expect([...before.values()]).not.toContain(taken);
    else expect([...before.values()]).toContain(taken);
    // Packets of the old flow: the service is gone, nobody answers them but by ending the connection.
    connection.child.stdin?.write('is anybody there?\n');
    await expect.poll(async () => (await second.status()).counters).not.toEqual({});
    expect(world.ask(`${addresses.service}:81`, 3)).toEqual(
      Array.from({ length: 3 }, () => `${addresses.local}:8080 sees ${addresses.client}`),
    );
    const answer = await Promise.race([
      connection.next().catch((error: Error) => error.message),
      new Promise<string>((resolve) => setTimeout(() => resolve('nothing'), 500)),
    ]);
    expect(answer).not.toContain('is anybody there?');
    await second.remove();
  });
});
