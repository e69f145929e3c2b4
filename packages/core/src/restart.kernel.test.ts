import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ServiceSpec } from '@lbx/maps';
import { type Cgroup, createCgroup, describeKernel } from '@lbx/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Lines, talkTo } from '../test/lines.ts';
import { addresses, createPacketWorld, type LbProcess } from '../test/packet-world.ts';
import type { LoadBalancerOptions } from './options/options.ts';
import { removePinned } from './remove/remove-pinned.ts';

const script = fileURLToPath(new URL('../test/line-client.ts', import.meta.url));
const target = `${addresses.service}:80`;
/** Two services, so that one has a backend on the node and one has not. */
const services: readonly ServiceSpec[] = [
  { name: 'default/far', port: 80, backends: addresses.remote },
  { name: 'default/near', port: 81, backends: [addresses.local] },
].map(({ name, port, backends }) => ({
  name,
  frontends: [{ address: addresses.service, port, protocol: 'TCP', type: 'LoadBalancer' }],
  backends: backends.map((address) => ({ address, port: 8080, protocol: 'TCP' })),
}));
const answers = new Set(addresses.remote.map((one) => `${one}:8080 sees ${addresses.node}`));

/** Settings that are fixed in the programs: each of these makes other programs, as another version would. */
const versions: readonly LoadBalancerOptions[] = [
  { answerEcho: true, redirect: 'none', timeouts: { tcpOpen: 7000 } },
  { answerEcho: false, traffic: true, redirect: 'neigh', rejectWithoutEndpoints: false },
  { flowTable: 'buckets', flows: 4096, peerNames: 'exact' },
  { flows: 8192, endpoints: 1000 },
];

describeKernel('kill -9 and the next start, under load', () => {
  let world: Awaited<ReturnType<typeof createPacketWorld>>;
  let cgroup: Cgroup;
  let lb: LbProcess;
  const start = (options: LoadBalancerOptions = {}) =>
    world.start({ cgroup: cgroup.path, sweepSeconds: false, ...options });
  /** A client on the node, whose sockets are balanced. */
  const onNode = (...args: string[]): Lines =>
    talkTo(
      cgroup
        .in(world.node)
        .spawn(process.execPath, ['--conditions=@lbx/source', script, addresses.node, ...args], {
          stdio: ['pipe', 'pipe', 'inherit'],
        }),
    );

  beforeAll(async () => {
    world = await createPacketWorld();
    cgroup = createCgroup('core-restart');
    lb = await start();
    expect(await lb.apply(services)).toMatchObject({ failed: [], refused: [] });
  });
  afterAll(async () => {
    await lb.kill();
    removePinned(world.pins);
    cgroup.close();
    world.close();
  });

  it('established connections go on, no new one fails, ids and links stay, nothing goes before the services are told again', async () => {
    const far = world.connect(target);
    const near = world.connect(`${addresses.service}:81`);
    const own = onNode(target);
    expect(answers).toContain(await far.next());
    expect(await near.next()).toBe(`${addresses.local}:8080 sees ${addresses.client}`);
    expect(answers).toContain(await own.next());

    const count = 400 * versions.length;
    const clients = [world.askAlong(target, count), onNode(target, `${count}`, '30000')];
    const seen = new Set<string>();
    let running = true;
    const asked = clients.map(() => 0);
    const load = clients.map(async (client, at) => {
      for (; running && asked[at]! < count; asked[at]!++) seen.add(await client.next());
    });
    const talk = async (text: string) => {
      expect(await Promise.all([far, near, own].map((one) => one.ask(text)))).toEqual([text, text, text]);
    };

    const [ids, { attachments }] = [idsOf(await lb.dump()), await lb.status()];
    let programs = attachments.map(({ programId }) => programId);
    for (const [n, options] of versions.entries()) {
      const dump = await lb.dump();
      await lb.kill();
      await talk(`nobody ${n}`);
      lb = await start(options);
      // An agent that has not heard of any service yet.
      expect(await lb.dump()).toEqual(dump);
      await talk(`started ${n}`);
      expect(await lb.apply(services)).toMatchObject({ failed: [], refused: [] });
      await talk(`told ${n}`);
      const status = await lb.status();
      expect(idsOf(await lb.dump())).toEqual(ids);
      expect(status.attachments.map(({ linkId }) => linkId)).toEqual(attachments.map(({ linkId }) => linkId));
      const now = status.attachments.map(({ programId }) => programId);
      expect(now.filter((id) => programs.includes(id))).toEqual([]);
      programs = now;
      expect(status.mismatches).toEqual([]);
      expect(status.counters.drop_missed_tail_call).toBeUndefined();
    }
    // Enough of them, however slow this machine is.
    await expect.poll(() => Math.min(...asked) > 5 * versions.length && seen.size >= answers.size).toBe(true);
    running = false;
    await Promise.all(load);
    expect([...seen].filter((answer) => !answers.has(answer))).toEqual([]);
    expect(seen).toEqual(answers);
    await Promise.all([far, near, own, ...clients].map(({ kill }) => kill()));
  });

  it('started while not all backends of a service are known: those that it had are served as before', async () => {
    const [far, near] = services as [ServiceSpec, ServiceSpec];
    const target = `${addresses.service}:81`;
    const connection = world.connect(target);
    await connection.next();
    const ids = idsOf(await lb.dump());
    await lb.kill();
    lb = await start();
    await lb.unread([near.name]);
    const none = { ...near, backends: [] };
    expect(await lb.apply([far, none])).toMatchObject({ kept: 1, failed: [], refused: [] });
    expect(idsOf(await lb.dump())).toEqual(ids);
    expect(await connection.ask('kept')).toBe('kept');
    expect(world.ask(target, 1)).toEqual([`${addresses.local}:8080 sees ${addresses.client}`]);
    await lb.unread([]);
    expect(await lb.apply([far, none])).toMatchObject({ kept: 0, failed: [], refused: [] });
    expect((await lb.dump()).join()).not.toContain(addresses.local);
    expect(await lb.apply(services)).toMatchObject({ kept: 0, failed: [], refused: [] });
    await connection.kill();
  }, 60_000);

  it('killed at any moment while maps get other sizes: connections go on, and the next start finishes it', async () => {
    const connection = world.connect(target);
    const near = world.connect(`${addresses.service}:81`);
    await Promise.all([connection.next(), near.next()]);
    const ids = idsOf(await lb.dump());
    await lb.kill();
    const waiting = () => readdirSync(world.pins).filter((name) => /^lb.*:\d+$/.test(name));
    let interrupted = 0;
    for (const [n, afterMs] of [0, 40, 80, 120, 160, 200, 260, 320].entries()) {
      // Each start finds what the one before has left, and wants it otherwise.
      const options: LoadBalancerOptions = {
        cgroup: cgroup.path,
        endpoints: 2000 + n,
        flows: 4096 + 64 * n,
        flowTable: n % 2 === 0 ? 'lru' : 'buckets',
      };
      const before = waiting().length;
      await world.startAndKill(options, () => waiting().length !== before, afterMs);
      if (waiting().length > 0) interrupted++;
      expect(await connection.ask(`killed ${n}`)).toBe(`killed ${n}`);
      expect(await near.ask(`killed ${n}`)).toBe(`killed ${n}`);
      expect(answers).toContain(world.ask(target, 1)[0]);
    }
    expect(interrupted).toBeGreaterThan(0);
    lb = await start();
    expect(waiting()).toEqual([]);
    expect(idsOf(await lb.dump())).toEqual(ids);
    expect(await lb.apply(services)).toMatchObject({ failed: [], refused: [] });
    expect(idsOf(await lb.dump())).toEqual(ids);
    expect((await lb.status()).mismatches).toEqual([]);
    expect(await connection.ask('in the end')).toBe('in the end');
    expect(await near.ask('in the end')).toBe('in the end');
    await Promise.all([connection.kill(), near.kill()]);
  });
});

const idsOf = (lines: readonly string[]) =>
  lines.filter((line) => /backends_v3|reverse_nat/.test(line)).sort();
