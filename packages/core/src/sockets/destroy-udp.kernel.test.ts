import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Frontend, Protocol } from '@lbx/maps';
import {
  type BpffsFolder,
  type Cgroup,
  type CommandPlace,
  createBpffsFolder,
  createCgroup,
  createNetns,
  describeKernel,
  type Netns,
} from '@lbx/testing';
import { inNetns } from 'libbpf-ts';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { talkTo } from '../../test/lines.ts';
import type { Commands } from '../../test/udp-process.ts';
import { createPinnedMaps } from '../load/pinned-maps.ts';
import { createLoadBalancer, type LoadBalancer } from '../load-balancer.ts';
import type { LoadBalancerOptions } from '../options/options.ts';
import { removePinned } from '../remove/remove-pinned.ts';
import { createUndo } from '../undo.ts';
import { openStaleSockets } from './stale-sockets.ts';

const backends4 = ['192.0.2.10', '192.0.2.11'] as const;
const backends6 = ['2001:db8::10', '2001:db8::11'] as const;
const port = 8080;
const vips = [
  ['198.51.100.1', backends4],
  ['2001:db8:1::1', backends6],
] as const;

type Ask = <C extends keyof Commands>(command: C, ...args: Parameters<Commands[C]>) => Promise<string>;

/** A process that has sockets. */
function startProcess(place: CommandPlace): Ask {
  const script = fileURLToPath(new URL('../../test/udp-process.ts', import.meta.url));
  const lines = talkTo(place.spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] }));
  return (command, ...args) => lines.ask(JSON.stringify([command, ...args]));
}

/** The service of both families, over these backends of each. */
const frontends = (...chosen: readonly number[]): Frontend[] =>
  vips.flatMap(([address, backends]) =>
    (['UDP', 'TCP'] as const satisfies Protocol[]).map((protocol) => ({
      service: 'test/dns',
      type: 'ClusterIP' as const,
      address,
      port: 53,
      protocol,
      backends: chosen.map((n) => ({ address: backends[n]!, port, protocol })),
    })),
  );

describeKernel('connected UDP sockets, when their backend goes', () => {
  const namespaces: Netns[] = [];
  let cgroup: Cgroup;
  let folder: BpffsFolder;
  let clients: Ask[];
  const open: LoadBalancer[] = [];
  const start = (options: LoadBalancerOptions = {}) => {
    const lb = inNetns(namespaces[0]!.path, () =>
      createLoadBalancer({ cgroup: cgroup.path, pins: folder.path, nodeAddresses: [], ...options }),
    );
    open.push(lb);
    return lb;
  };

  beforeAll(async () => {
    cgroup = createCgroup('udp');
    folder = createBpffsFolder('udp');
    clients = [];
    for (const label of ['node', 'pod']) {
      const netns = createNetns(label);
      namespaces.push(netns);
      for (const address of backends4) netns.addAddress('lo', `${address}/32`);
      for (const address of backends6) netns.addAddress('lo', `${address}/128`);
      await startProcess(netns)('serve', port, ...backends4, ...backends6);
      clients.push(startProcess(cgroup.in(netns)));
    }
  });
  afterEach(() => {
    for (const lb of open.splice(0)) lb.close();
    removePinned(folder.path);
  });
  afterAll(() => {
    cgroup?.close();
    folder?.close();
    for (const netns of namespaces) netns.close();
  });

  /** A socket of each family in each namespace, all with the first backend. */
  const connectAll = async () => {
    for (const ask of clients) {
      for (const [vip, [first]] of vips) {
        await ask('connect', vip, vip, 53);
        expect(await ask('talk', vip)).toBe(first);
      }
    }
  };
  const sockets = () => clients.flatMap((ask) => vips.map(([vip, backends]) => ({ ask, vip, backends })));

  it('get ECONNABORTED, everywhere, and then the new backend; others are left alone', async () => {
    const lb = start();
    lb.apply(frontends(0));
    await connectAll();
    for (const { ask, vip, backends } of sockets()) {
      expect(await ask('connect', `direct ${vip}`, backends[0], port)).toBe('connected');
      expect(await ask('connectTcp', vip, vip, 53)).toBe('connected');
    }

    lb.apply(frontends(1));
    for (const { ask, vip } of sockets()) expect(await ask('failure', vip)).toBe('ECONNABORTED');

    for (const { ask, vip, backends } of sockets()) {
      expect(await ask('reconnect', vip, vip, 53)).toBe('connected');
      expect(await ask('talk', vip)).toBe(backends[1]);
      expect(await ask('talk', `direct ${vip}`)).toBe(backends[0]);
      expect(await ask('talkTcp', vip)).toBe(backends[0]);
    }
    expect(lb.status().sockets).toMatchObject({ method: 'bpf', destroyed: 4, left: 0 });
  });

  it('also when all went, or the service', async () => {
    const lb = start();
    for (const next of [frontends(), []]) {
      lb.apply(frontends(0));
      await connectAll();
      lb.apply(next);
      for (const { ask, vip } of sockets()) expect(await ask('failure', vip)).toBe('ECONNABORTED');
    }
    lb.apply(frontends());
    expect(await clients[0]!('connect', 'again', vips[0][0], 53)).toBe('ECONNREFUSED');
  });

  it('do not wait for a process that ends', async () => {
    const lb = start({ pins: false });
    lb.apply(frontends(0));
    await connectAll();
    lb.apply(frontends(1));
    lb.close();
    for (const { ask, vip } of sockets()) expect(await ask('failure', vip)).toBe('ECONNABORTED');
  });

  it('are found by the next process, when it went while there was none', async () => {
    const first = start();
    first.apply(frontends(0));
    await connectAll();
    first.close();
    start().apply(frontends(1));
    for (const { ask, vip } of sockets()) expect(await ask('failure', vip)).toBe('ECONNABORTED');
  });

  it('can be ended without the program that destroys them, which old kernels refuse', async () => {
    const lb = start({ destroyUdpSockets: false });
    lb.apply(frontends(0));
    await connectAll();
    lb.apply(frontends(1));
    expect(lb.status().sockets).toBeUndefined();

    const maps = createPinnedMaps({
      folder: folder.path,
      undo: createUndo(),
      age: () => ({ began: 0, isOver: () => false }),
    });
    let loads = 0;
    const variables = () => {
      if (++loads > 1) throw new Error('no function bpf_sock_destroy');
      return {};
    };
    const settings = {
      variables,
      maxEntries: {},
      maglevSize: 16381,
      sizeOption: (map: string) => `maxEntries.${map}`,
      snatMin: 10_000,
      unused: new Set<string>(),
      ownMaps: new Map(),
    };
    const stale = openStaleSockets(maps, settings);
    try {
      const found = stale.find();
      expect(found).toHaveLength(4);
      for (const { path } of namespaces) {
        const there = found.filter(({ netns }) => netns === statSync(path).ino);
        expect(stale.destroy(path, there)).toBe(2);
      }
      expect(stale.method).toBe('netlink');
      for (const { ask, vip } of sockets()) expect(await ask('failure', vip)).toBe('ECONNABORTED');
      expect(stale.find()).toEqual([]);
    } finally {
      stale.close();
      maps.close();
    }
  });
});
