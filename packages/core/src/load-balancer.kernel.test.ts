import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { ServiceSpec } from '@lbx/maps';
import {
  type BpffsFolder,
  type Cgroup,
  createBpffsFolder,
  createCgroup,
  createNetns,
  describeKernel,
  type Netns,
} from '@lbx/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { talkTo } from '../test/lines.ts';
import { createLoadBalancer, type LoadBalancer } from './load-balancer.ts';
import type { LoadBalancerOptions } from './options/options.ts';
import { removePinned } from './remove/remove-pinned.ts';

const script = (name: string) => fileURLToPath(new URL(`../test/${name}.ts`, import.meta.url));
const vip = '198.51.100.1';

/** A service over servers that listen on loopback ports. */
function serviceOf(ports: readonly number[]): ServiceSpec {
  return {
    name: 'web',
    frontends: [{ address: vip, port: 80, protocol: 'TCP', type: 'ClusterIP' }],
    backends: ports.map((port) => ({ address: '127.0.0.1', port, protocol: 'TCP' })),
  };
}

describeKernel('createLoadBalancer, sockets', () => {
  let ports: number[];
  let netns: Netns;
  let cgroup: Cgroup;
  let folder: BpffsFolder;
  const open: LoadBalancer[] = [];
  const create = (pins: string | false, options: LoadBalancerOptions = {}) => {
    const lb = createLoadBalancer({ cgroup: cgroup.path, pins, nodeAddresses: ['192.0.2.1'], ...options });
    open.push(lb);
    return lb;
  };
  /** Connects from inside the cgroup, and says who answered each time. */
  const ask = (...targets: string[]) =>
    cgroup
      .in(netns)
      .exec(process.execPath, [script('socket-client'), ...targets])
      .trim()
      .split('\n');

  beforeAll(async () => {
    netns = createNetns('core');
    const servers = netns.spawn(process.execPath, [script('socket-server'), 'a', 'b'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(servers.stdout as Readable, 'data')) as [Buffer];
    ports = line.toString().trim().split(' ').map(Number);
  });
  afterAll(() => netns.close());
  beforeEach(() => {
    cgroup = createCgroup('core');
    folder = createBpffsFolder('core');
  });
  afterEach(() => {
    for (const lb of open.splice(0)) lb.close();
    removePinned(folder.path);
    cgroup.close();
    folder.close();
  });

  it('connects to a backend, and the client sees the virtual address', () => {
    const lb = create(false);
    expect(lb.apply([serviceOf(ports)])).toMatchObject({ frontends: 1, failed: [], refused: [] });
    const answers = ask(...Array.from({ length: 20 }, () => `${vip}:80`));
    expect(new Set(answers)).toEqual(new Set([`a as ${vip}:80`, `b as ${vip}:80`]));
    expect(lb.status().frontends).toMatchObject([
      { name: `${vip}:80/TCP`, service: 'web', backends: 2, programmed: true },
    ]);
    expect(
      lb.explain({
        from: { address: '127.0.0.1', port: 1 },
        to: { address: vip, port: 80 },
        protocol: 'TCP',
        hook: 'connect',
      }),
    ).toMatchObject({
      verdict: 'forward',
    });
  });

  it('refuses connections to a service that lost its last backend', () => {
    const lb = create(false);
    lb.apply([serviceOf(ports)]);
    lb.apply([serviceOf([])]);
    expect(ask(`${vip}:80`)).toEqual(['ECONNREFUSED']);
  });

  it('refuses a service whole that does not fit into the maps, and names the map', () => {
    const lb = create(false, { maxEntries: { lb4_services_v2: 8 } });
    const large: ServiceSpec = {
      ...serviceOf([]),
      name: 'large',
      frontends: [{ address: '198.51.100.2', port: 80, protocol: 'TCP', type: 'ClusterIP' }],
      backends: Array.from({ length: 8 }, (_, i) => ({
        address: '127.0.0.1',
        port: 1000 + i,
        protocol: 'TCP',
      })),
    };
    const report = lb.apply([serviceOf(ports), large]);
    expect(report).toMatchObject({
      failed: [],
      refused: [
        {
          service: 'large',
          error: {
            code: 'LBX_MAP_FULL',
            message: expect.stringMatching(/lb4_services_v2 is full \(8 entries/),
          },
        },
      ],
    });
    expect(lb.dump().join()).not.toContain('198.51.100.2');
    expect(lb.status().frontends).toMatchObject([
      { name: `${vip}:80/TCP`, service: 'web', backends: 2, programmed: true },
      expect.objectContaining({
        service: 'large',
        programmed: false,
        error: expect.stringContaining('full'),
      }),
    ]);
    expect(ask(`${vip}:80`)[0]).toContain(` as ${vip}:80`);
    expect(lb.apply([large]).refused).toHaveLength(1);
    expect(lb.apply([serviceOf(ports)])).toMatchObject({ failed: [], refused: [] });
  });

  it("serves NodePorts on the node's loopback, and leaves that of a pod alone", async () => {
    const servers = spawn(process.execPath, [script('socket-server'), 'host'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [line] = (await once(servers.stdout, 'data')) as [Buffer];
      const lb = create(false);
      lb.apply([
        {
          ...serviceOf([Number(line.toString())]),
          frontends: [{ address: '0.0.0.0', port: 30080, protocol: 'TCP', type: 'NodePort' }],
        },
      ]);
      const target = '127.0.0.1:30080';
      expect(cgroup.exec(process.execPath, [script('socket-client'), target]).trim()).toBe(
        `host as ${target}`,
      );
      expect(ask(target)).toEqual(['ECONNREFUSED']);
    } finally {
      servers.kill('SIGKILL');
    }
  });

  it('is gone with close() when nothing is pinned', () => {
    const lb = create(false);
    lb.apply([serviceOf(ports)]);
    lb.close();
    const [answer] = ask(`${vip}:80`);
    expect(answer).not.toContain(' as ');
  });

  it('stays in force after close() when pinned, and the next one takes over ids, entries and hooks', () => {
    const first = create(folder.path);
    first.apply([serviceOf(ports)]);
    const before = first.dump();
    first.close();
    expect(ask(`${vip}:80`)[0]).toContain(` as ${vip}:80`);

    const second = create(folder.path);
    expect(second.summary().takenOver).toBe(second.summary().attachments.length);
    expect(second.dump()).toEqual(before);
    expect(second.apply([serviceOf(ports)]).writes).toBe(0);
    second.remove();
    expect(existsSync(folder.path) ? readdirSync(folder.path) : []).toEqual([]);
    expect(ask(`${vip}:80`)[0]).not.toContain(' as ');
  });

  it('names of peers stay with connected sockets while the maps that have them get other sizes', async () => {
    create(folder.path).apply([serviceOf(ports)]);
    const client = talkTo(
      cgroup.in(netns).spawn(process.execPath, [script('peer-name-client'), `${vip}:80`], {
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    );
    expect(await client.next()).toBe('connected');
    for (const size of [512, 4096]) {
      open.pop()?.close();
      const lb = create(folder.path, { maxEntries: { lb4_reverse_sk: size, lb4_services_v2: size } });
      expect(lb.status().maps).toContainEqual(
        expect.objectContaining({ name: 'lb4_reverse_sk', maxEntries: size }),
      );
      expect(await client.ask('')).toBe(`${vip}:80`);
      expect(ask(`${vip}:80`)[0]).toContain(` as ${vip}:80`);
    }
    await client.kill();
  });

  it('undoes its own part when it cannot start, and names what is wrong', () => {
    expect(() => createLoadBalancer({ cgroup: `${cgroup.path}/none`, pins: folder.path })).toThrow(
      expect.objectContaining({ code: 'LBX_NO_CGROUP2' }),
    );
    expect(() =>
      createLoadBalancer({
        devices: ['lbx-none'],
        snatAddress: '192.0.2.1',
        nodeAddresses: [],
        cgroup: false,
        pins: folder.path,
      }),
    ).toThrow(
      expect.objectContaining({
        code: 'LBX_NO_DEVICE',
        message: expect.stringContaining("no network device 'lbx-none'"),
      }),
    );
    expect(() => createLoadBalancer({ cgroup: cgroup.path, pins: '/tmp/lbx-pins' })).toThrow(
      expect.objectContaining({ code: 'LBX_NO_BPFFS', message: expect.stringContaining('mount -t bpf') }),
    );
    expect(readdirSync(folder.path).filter((name) => name !== 'links')).toEqual([]);
  });
});
