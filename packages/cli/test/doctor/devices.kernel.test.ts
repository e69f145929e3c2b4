import { createLoadBalancer } from '@lbx/core';
import { createBpffsFolder, createNetns, createVethPair, describeKernel, type Netns } from '@lbx/testing';
import { type BpfObject, inNetns, type Link, load } from 'libbpf-ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { DoctorOptions } from '../../src/doctor/doctor-options.ts';
import { lookIn, strangers } from './look.ts';

describeKernel('lbx doctor on devices', () => {
  let node: Netns;
  let lan: Netns;
  let object: BpfObject;
  const attached: Link[] = [];
  beforeEach(() => {
    node = createNetns('doctor');
    lan = createNetns('doctor-lan');
    createVethPair(
      { ns: node, device: 'eth0', addresses: ['192.0.2.1/24', '2001:db8::1/64'] },
      { ns: lan, device: 'eth0', addresses: ['192.0.2.2/24'] },
    );
    object = load(strangers);
  });
  afterEach(() => {
    for (const link of attached.splice(0)) link[Symbol.dispose]();
    object[Symbol.dispose]();
    node.close();
    lan.close();
  });
  const look = (id: string, options?: Partial<DoctorOptions>) => lookIn(node.path, id, options);
  const status = (id: string, options?: Partial<DoctorOptions>) => look(id, options).map((one) => one.status);
  const inside = (attach: () => Link) => attached.push(inNetns(node.path, attach));

  it('finds devices that are there, down, without address, or missing', () => {
    expect(status('device')).toEqual(['ok']);
    expect(look('device', { devices: ['eth9'] })).toMatchObject([{ status: 'fail', about: 'eth9' }]);
    expect(look('xdp-driver', { devices: ['eth9'] })).toMatchObject([{ status: 'skipped' }]);
    node.exec('ip', ['link', 'add', 'br7', 'type', 'bridge']);
    expect(look('device', { devices: ['br7'] })).toMatchObject([
      { status: 'fail', found: 'is down (bridge)' },
    ]);
    node.sysctl('net.ipv6.conf.br7.disable_ipv6', 1);
    node.exec('ip', ['link', 'set', 'br7', 'up']);
    expect(status('device', { devices: ['br7'] })).toEqual(['warn']);
    // Nothing in there but ends of veth pairs, which are no way in for who names none.
    expect(status('device', { devices: [] })).toEqual(['note']);
  });

  it('finds an XDP program of somebody else, and leaves it', () => {
    expect(status('xdp-programs')).toEqual(['ok']);
    inside(() => object.program('rich_xdp').attachXdp({ ifindex: 'eth0', mode: 'generic' }));
    const id = attached[0]?.info().programId;
    expect(look('xdp-programs')).toMatchObject([
      { status: 'warn', found: expect.stringContaining(`rich_xdp (id ${id}, generic)`) },
    ]);
    expect(status('xdp-programs', { xdp: 'native' })).toEqual(['fail']);
    expect(look('xdp-driver', { tryXdp: true, xdp: 'native' })).toMatchObject([{ status: 'warn' }]);
    expect(attached[0]?.info()).toMatchObject({ attached: true, programId: id });
  });

  it('tries XDP where it may, and finds an MTU that is too large', () => {
    expect(look('xdp-driver')).toMatchObject([
      { status: 'note', found: expect.stringContaining('veth loses') },
    ]);
    const tryNative = { tryXdp: true, xdp: 'native' } as const;
    expect(look('xdp-driver', tryNative)).toMatchObject([
      { status: 'ok', found: 'veth takes native XDP (tried)' },
    ]);
    expect(status('xdp-programs')).toEqual(['ok']);
    expect(status('xdp-mtu')).toEqual(['ok']);
    for (const ns of [node, lan]) ns.exec('ip', ['link', 'set', 'eth0', 'mtu', '9000']);
    expect(look('xdp-mtu')).toMatchObject([{ status: 'warn', remedy: expect.stringContaining('3498') }]);
    expect(look('xdp-driver', tryNative)).toMatchObject([
      { status: 'fail', found: expect.stringMatching(/refuses native XDP.*ERANGE/) },
    ]);
    expect(status('dsr-mtu', { forwarding: 'dsr' })).toEqual(['ok']);
    node.exec('ip', ['link', 'set', 'eth0', 'mtu', '1500']);
    expect(status('dsr-mtu', { forwarding: 'dsr' })).toEqual(['warn']);
  });

  it('finds a driver without native XDP', () => {
    node.exec('ip', ['link', 'add', 'br7', 'type', 'bridge']);
    expect(look('xdp-driver', { devices: ['br7'], xdp: 'native' })).toMatchObject([
      { status: 'fail', found: 'bridge has no native XDP: packets are balanced at tc' },
    ]);
  });

  it('asks veth for offloads and queues, and finds nothing to say', () => {
    expect(status('offloads')).toEqual(['ok']);
    expect(status('queues')).toEqual(['ok']);
  });

  it('finds tcx programs and filters of others', () => {
    expect(status('tc-order')).toEqual(['ok', 'ok']);
    inside(() => object.program('rich_tc').attachTc({ ifindex: 'eth0', direction: 'ingress', via: 'tcx' }));
    inside(() =>
      object
        .program('rich_tc')
        .attachTc({ ifindex: 'eth0', direction: 'egress', via: 'clsact', priority: 7 }),
    );
    expect(look('tc-order')).toMatchObject([
      { status: 'note', about: 'eth0 ingress', found: expect.stringContaining('rich_tc (id ') },
      { status: 'note', about: 'eth0 egress', found: expect.stringContaining('rich_tc (priority 7)') },
    ]);
  });

  it('finds a tcx program of somebody else that runs before lbx, and one that runs behind', () => {
    using folder = createBpffsFolder('doctor');
    const attach = (from: BpfObject) =>
      inside(() => from.program('rich_tc').attachTc({ ifindex: 'eth0', direction: 'ingress', via: 'tcx' }));
    attach(object);
    const [first] = attached;
    using lb = inNetns(node.path, () =>
      createLoadBalancer({ devices: ['eth0'], families: [4], cgroup: false, pins: `${folder.path}/lbx` }),
    );
    expect(look('tc-order')).toMatchObject([
      {
        status: 'warn',
        about: 'eth0 ingress',
        found: expect.stringContaining(`before lbx runs rich_tc (id ${first?.info().programId})`),
        remedy: expect.stringContaining(`bpftool link show id ${first?.info().id} names the process`),
      },
      { status: 'ok', about: 'eth0 egress', found: 'only lbx' },
    ]);
    expect(lb.status().attachments.every((one) => one.attached)).toBe(true);
    first?.detach();
    using again = load(strangers);
    attach(again);
    expect(look('tc-order')).toMatchObject([
      { status: 'note', found: expect.stringContaining('lbx runs first, then rich_tc') },
      { status: 'ok' },
    ]);
  });

  it('finds forwarding that is off, and a strict reverse path filter', () => {
    node.sysctl('net.ipv4.conf.eth0.forwarding', 0);
    node.sysctl('net.ipv6.conf.eth0.forwarding', 1);
    expect(look('forwarding')).toMatchObject([
      { about: 'eth0 IPv4', status: 'fail', remedy: 'sysctl -w net.ipv4.conf.eth0.forwarding=1' },
      { about: 'eth0 IPv6', status: 'ok' },
    ]);
    node.sysctl('net.ipv4.conf.eth0.rp_filter', 1);
    expect(status('rp-filter', { forwarding: 'dsr' })).toEqual(['warn']);
    node.sysctl('net.ipv4.conf.eth0.rp_filter', 2);
    expect(status('rp-filter', { forwarding: 'dsr' })).toEqual(['ok']);
  });

  it("finds ports of the node's own connections where NodePorts are, unless reserved", () => {
    expect(status('ports')).toEqual(['ok']);
    node.sysctl('net.ipv4.ip_local_port_range', '20000 60999');
    expect(look('ports')).toMatchObject([{ status: 'warn', about: 'NodePorts' }]);
    node.sysctl('net.ipv4.ip_local_reserved_ports', '30000-32767');
    expect(status('ports')).toEqual(['ok']);
  });
});
