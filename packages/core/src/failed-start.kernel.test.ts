import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { objectPath } from '@lbx/bpf';
import type { ServiceSpec } from '@lbx/maps';
import {
  type BpffsFolder,
  type Cgroup,
  createBpffsFolder,
  createCgroup,
  createNetns,
  createVethPair,
  describeKernel,
  type Netns,
} from '@lbx/testing';
import { BpfMap, inNetns, Link, listLinks, load, queryCgroup, queryTcx, queryXdp } from 'libbpf-ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createLoadBalancer } from './load-balancer.ts';
import type { LoadBalancerOptions } from './options/options.ts';
import { removePinned } from './remove/remove-pinned.ts';

function linkIdOf(pin: string): number {
  using link = Link.openPinned(pin);
  return link.info().id;
}

const hash = { type: 'hash', keySize: 4, valueSize: 4, maxEntries: 8, flags: 0 } as const;

/** The n-th of services with one backend each. */
const service = (n: number): ServiceSpec => ({
  name: `s${n}`,
  frontends: [{ address: `198.51.100.${n}`, port: 80, protocol: 'TCP', type: 'ClusterIP' }],
  backends: [{ address: `192.0.2.${n}`, port: 80, protocol: 'TCP' }],
});

/** What a start that failed must leave as it was. */
function traces(folder: string, cgroup: string) {
  const fds = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return /bpf|netns|cgroup/.exec(readlinkSync(`/proc/self/fd/${fd}`))
        ? [readlinkSync(`/proc/self/fd/${fd}`)]
        : [];
    } catch {
      return [];
    }
  });
  return {
    fds: fds.sort(),
    pins: readdirSync(folder, { recursive: true }).sort(),
    xdp: queryXdp('eth0'),
    tcx: queryTcx({ ifindex: 'eth0', direction: 'egress' }),
    cgroup: queryCgroup({ path: cgroup, type: 'cgroup_inet4_connect' }),
  };
}

describeKernel('a start that fails', () => {
  let netns: Netns;
  let peer: Netns;
  let cgroup: Cgroup;
  let folder: BpffsFolder;
  const inside = <T>(act: () => T) => inNetns(netns.path, act);
  const pins = () => join(folder.path, 'lbx');
  const start = (options: LoadBalancerOptions = {}) =>
    createLoadBalancer({ devices: ['eth0'], xdp: 'native', cgroup: cgroup.path, pins: pins(), ...options });
  /** Tries to start, and compares what is there before and after. */
  const failure = (options: LoadBalancerOptions = {}) =>
    inside(() => {
      const before = traces(folder.path, cgroup.path);
      const error = captured(() => start(options));
      expect(traces(folder.path, cgroup.path)).toEqual(before);
      return error;
    });

  beforeAll(() => {
    netns = createNetns('core-fail');
    peer = createNetns('core-peer');
    createVethPair(
      { ns: netns, device: 'eth0', addresses: ['192.0.2.1/24'] },
      { ns: peer, device: 'eth0', addresses: ['192.0.2.2/24'] },
    );
  });
  afterAll(() => {
    netns.close();
    peer.close();
  });
  beforeEach(() => {
    cgroup = createCgroup('core-fail');
    folder = createBpffsFolder('core-fail');
  });
  afterEach(() => {
    inside(() => removePinned(pins()));
    cgroup.close();
    folder.close();
  });

  it('no such device', () => {
    expect(failure({ devices: ['eth7'] })).toMatchObject({
      code: 'LBX_NO_DEVICE',
      message: expect.stringMatching(/'eth7'.*there are: .*eth0/),
    });
  });

  it("a device with a stranger's XDP program, which goes on", () => {
    inside(() => {
      using object = load(objectPath('pass'));
      using stranger = object.program('lbx_pass').attachXdp({ ifindex: 'eth0' });
      expect(failure()).toMatchObject({
        code: 'LBX_HOOK_TAKEN',
        message: expect.stringMatching(
          /device eth0 has an XDP program already: 'lbx_pass'.*ip link set dev eth0 xdp off/,
        ),
        data: { device: 'eth0', programs: [{ programName: 'lbx_pass' }] },
      });
      expect(queryXdp('eth0')[0]?.programId).toBe(stranger.info().programId);
    });
  });

  it.each([
    ['lb4_services_v2', hash],
    ['lbx_flow_set4', hash],
    ['lb6_affinity', { ...hash, type: 'array' }],
  ] as const)('a pinned %s of another layout, which stays', (name, spec) => {
    mkdirSync(pins());
    using map = BpfMap.create({ ...spec, name: 'other' });
    map.pin(join(pins(), name));
    const error = failure();
    expect(error).toMatchObject({
      code: 'LBX_PIN_MISMATCH',
      message: expect.stringContaining(`lbx cleanup --pins ${pins()}`),
      data: { path: join(pins(), name) },
    });
    using again = BpfMap.openPinned(join(pins(), name));
    expect(again.id).toBe(map.id);
    map.unpin();
  });

  it('a program pinned where a map should be, a map where a link should be', () => {
    mkdirSync(join(pins(), 'links'), { recursive: true });
    using object = load(objectPath('pass'));
    object.program('lbx_pass').pin(join(pins(), 'lb4_backends_v3'));
    expect(failure()).toMatchObject({
      code: 'LBX_PIN_MISMATCH',
      data: { path: join(pins(), 'lb4_backends_v3') },
    });
    object.program('lbx_pass').unpin();
    using map = BpfMap.create({ ...hash, name: 'other' });
    map.pin(join(pins(), 'links/xdp_eth0'));
    expect(failure()).toMatchObject({
      code: 'LBX_PIN_MISMATCH',
      data: { path: join(pins(), 'links/xdp_eth0') },
    });
    map.unpin();
  });

  it('pins in a folder that is in no BPF file system', () => {
    expect(failure({ pins: '/tmp/lbx-no-bpffs' })).toMatchObject({ code: 'LBX_NO_BPFFS' });
    expect(statSync('/tmp/lbx-no-bpffs', { throwIfNoEntry: false })).toBe(undefined);
  });

  it.each(['/tmp', '/nonexistent'])('%s instead of a cgroup', (path) => {
    expect(failure({ cgroup: path })).toMatchObject({ code: 'LBX_NO_CGROUP2', data: { path } });
  });

  it('maps of a size that the kernel refuses', () => {
    expect(failure({ maxEntries: { lb4_services_v2: 2 ** 31 } })).toBeInstanceOf(Error);
    expect(failure({ maxEntries: { lbx_gate: 1000 } })).toBeInstanceOf(Error);
    expect(failure({ maxEntries: { lbx_rev4: 10 }, pins: false })).toMatchObject({ code: 'LBX_BAD_OPTION' });
  });

  it('sizes that are too small for what a pinned datapath has in use, which goes on', () => {
    inside(() => {
      using lb = start();
      lb.apply([1, 2, 3].map(service));
    });
    expect(failure({ maxEntries: { lb4_services_v2: 3 } })).toMatchObject({
      code: 'LBX_MAP_TOO_SMALL',
      message: expect.stringMatching(
        /maxEntries.lb4_services_v2 gives map lb4_services_v2 3 entries.*9 of its 131072/,
      ),
      data: { map: 'lb4_services_v2', size: 3, used: 9, option: 'maxEntries.lb4_services_v2' },
    });
    expect(failure({ maxEntries: { lbx_backend_meta: 2 } })).toMatchObject({
      code: 'LBX_MAP_TOO_SMALL',
      data: { map: 'lbx_backend_meta', size: 2, used: 4 },
    });
    // The option that was given is named, not the map that it is about.
    expect(failure({ endpoints: 2 })).toMatchObject({
      code: 'LBX_MAP_TOO_SMALL',
      message: expect.stringMatching(/^endpoints gives map \w+ \d entries.*raise endpoints/),
      data: { option: 'endpoints' },
    });
  });

  it('a take-over that fails at the last hook: the hooks before it have their old programs again', () => {
    inside(() => start().close());
    const other = createCgroup('core-other');
    try {
      expect(failure({ cgroup: other.path })).toMatchObject({
        code: 'LBX_PIN_MISMATCH',
        message: expect.stringContaining('a link to another device or cgroup'),
      });
    } finally {
      other.close();
    }
  });

  it('of which nothing is in the way of the next', () => {
    failure({ maxEntries: { lbx_gate: 1000 } });
    inside(() => {
      const notices: string[] = [];
      using lb = start({ onNotice: (notice) => notices.push(notice) });
      expect(notices).toEqual([expect.stringMatching(/forwarding is off on eth0.*echo 1/)]);
      expect(lb.summary()).toMatchObject({ takenOver: 0 });
      expect(lb.status().attachments.every(({ attached }) => attached)).toBe(true);
      lb.remove();
      expect(readdirSync(folder.path)).toEqual([]);
    });
  });
});

describeKernel('removePinned', () => {
  it('passes over devices and cgroups that are gone, leaves what others pinned, and can be repeated', async () => {
    using folder = createBpffsFolder('core-remove');
    const pins = join(folder.path, 'lbx');
    const netns = createNetns('core-gone');
    const cgroup = createCgroup('core-gone');
    netns.exec('ip', ['link', 'add', 'eth0.5', 'type', 'veth', 'peer', 'eth1']);
    const addresses = { snatAddress: '192.0.2.1', nodeAddresses: ['192.0.2.1'] };
    inNetns(netns.path, () =>
      createLoadBalancer({
        devices: ['eth0.5'],
        xdp: 'native',
        cgroup: cgroup.path,
        pins,
        ...addresses,
      }).close(),
    );
    expect(readdirSync(join(pins, 'links'))).toContain('xdp_eth0:5');
    using stranger = BpfMap.create({ ...hash, name: 'other' });
    stranger.pin(join(pins, 'other'));
    stranger.pin(join(pins, 'links/xdp_map'));
    using object = load(objectPath('pass'));
    const ours = readdirSync(join(pins, 'links'))
      .filter((name) => name !== 'xdp_map')
      .map((name) => linkIdOf(join(pins, 'links', name)));
    expect(listLinks().map(({ id }) => id)).toEqual(expect.arrayContaining(ours));
    netns.exec('ip', ['link', 'delete', 'eth0.5']);
    netns.close();
    cgroup.close();

    const removed = removePinned(pins);
    const names = removed.removed.map(({ kind, name }) => `${kind} ${name}`);
    expect(names).toEqual(
      expect.arrayContaining([
        ...['link xdp_eth0:5', 'link tc_egress_eth0:5', 'link cgroup_connect4'],
        ...['map lb4_services_v2', 'map lbx_flow_set4', 'map lbx_xdp_calls'],
      ]),
    );
    expect(readdirSync(pins, { recursive: true }).sort()).toEqual(['links', 'links/xdp_map', 'other']);
    // The kernel takes its time for the last of it.
    await expect.poll(() => listLinks().filter(({ id }) => ours.includes(id))).toEqual([]);
    expect(removePinned(pins)).toEqual({ removed: [], failed: [], foreign: removed.foreign });
    expect(removePinned(join(folder.path, 'none'))).toEqual({ removed: [], failed: [], foreign: [] });
    object.close();
  });

  it('touches no folder outside of a BPF file system', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lbx-core-'));
    try {
      writeFileSync(join(folder, 'lbx_flow4'), '');
      expect(() => removePinned(folder)).toThrow(expect.objectContaining({ code: 'LBX_NO_BPFFS' }));
      expect(readdirSync(folder)).toEqual(['lbx_flow4']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

function captured(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}
