import { objectPath } from '@lbx/bpf';
import { parseServiceSpec } from '@lbx/maps';
import '@lbx/maps/testing/vitest';
import { createNetns, createVethPair, describeKernel, eth, type Netns } from '@lbx/testing';
import { inNetns, load } from 'libbpf-ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLoadBalancer, type LoadBalancer } from '../load-balancer.ts';
import { runPacket } from './run-packet.ts';

const request = eth().ipv4({ src: '203.0.113.9', dst: '198.51.100.1' }).tcp({ sport: 40000, dport: 80 });
const other = eth().ipv4({ src: '203.0.113.9', dst: '198.51.100.77' }).udp({ sport: 40000, dport: 53 });

describeKernel('a frame through a program that is attached', () => {
  let node: Netns;
  let lan: Netns;
  let lb: LoadBalancer;

  beforeAll(() => {
    node = createNetns('run-packet');
    lan = createNetns('run-packet-lan');
    createVethPair(
      { ns: node, device: 'eth0', addresses: ['192.0.2.1/24'] },
      { ns: lan, device: 'eth0', addresses: ['192.0.2.10/24'] },
      { staticNeighbours: true },
    );
    node.addRoute('203.0.113.0/24', { via: '192.0.2.10' });
    node.sysctl('net.ipv4.ip_forward', 1);
    lb = inNetns(node.path, () =>
      createLoadBalancer({ devices: ['eth0'], xdp: { eth0: 'native' }, pins: false, cgroup: false }),
    );
    const web = { name: 'web', frontends: ['198.51.100.1:80/TCP'], backends: ['192.0.2.10:8080'] };
    lb.apply([parseServiceSpec(web)]);
  });
  afterAll(() => {
    lb?.close();
    node?.close();
    lan?.close();
  });

  it.each([
    ['xdp', 'tx', 'lbx_xdp'],
    ['tc ingress', 'redirect', 'lbx_tc_ingress'],
  ] as const)('at %s: %s, and the frame that was given stays as it was', (hook, verdict, program) => {
    const frame = request.bytes();
    for (const _ of [1, 2]) {
      const outcome = runPacket(frame, { device: 'eth0', netns: node, hook });
      expect(outcome).toHaveVerdict(verdict);
      expect(outcome).toMatchObject({ program, untouched: false });
      expect(outcome.bytes).toBePacket({ ipv4: { dst: '192.0.2.10' }, tcp: { dport: 8080 } });
      expect(frame).toEqual(request.bytes());
    }
  });

  it.each(['xdp', 'tc ingress', 'tc egress'] as const)('at %s: what is nobody’s passes untouched', (hook) => {
    const outcome = runPacket(other, { device: 'eth0', netns: node, hook });
    expect(outcome).toMatchObject({ verdict: 'pass', untouched: true });
  });

  it('runs programs of others by their name, and says what is there when there is none', () => {
    using pass = load(objectPath('pass'));
    using _link = inNetns(lan.path, () => pass.program('lbx_pass').attachXdp({ ifindex: 'eth0' }));
    const there = { device: 'eth0', netns: lan, hook: 'xdp' } as const;
    expect(runPacket(request, { ...there, program: 'lbx_pass' }).verdict).toBe('pass');
    expect(() => runPacket(request, { ...there, program: 'my_filter' })).toThrow(
      expect.objectContaining({
        code: 'LBX_NO_PROGRAM',
        data: expect.objectContaining({ attached: ['lbx_pass'] }),
      }),
    );
    expect(() => runPacket(request, { ...there, hook: 'tc egress' })).toThrow(/none at all; attach it first/);
  });

  it('a failed expectation tells which program said what', () => {
    const outcome = runPacket(other, { device: 'eth0', netns: node });
    expect(() => expect(outcome).toHaveVerdict('drop')).toThrow(
      'lbx_tc_ingress at tc ingress of eth0 returned',
    );
  });
});
