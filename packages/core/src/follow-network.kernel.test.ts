import type { ServiceSpec } from '@lbx/maps';
import { describeKernel } from '@lbx/testing';
import { queryTcx } from 'libbpf-ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createNodeFixture, type NodeFixture } from '../test/node-fixture.ts';
import type { LoadBalancer } from './load-balancer.ts';

const nodePorts: ServiceSpec = {
  name: 'default/web',
  frontends: [
    { address: '0.0.0.0', port: 30080, protocol: 'TCP', type: 'NodePort' },
    { address: '::', port: 30080, protocol: 'TCP', type: 'NodePort' },
  ],
  backends: [
    { address: '192.0.2.20', port: 8080, protocol: 'TCP' },
    { address: '2001:db8::20', port: 8080, protocol: 'TCP' },
  ],
};

describeKernel('a load balancer follows its node', () => {
  let fixture: NodeFixture;
  beforeEach(() => {
    fixture = createNodeFixture('core-follow');
  });
  afterEach(() => fixture[Symbol.dispose]());

  const poll = <T>(read: () => T) => expect.poll(read);
  /** Addresses at which the NodePort is served, by what the maps say. */
  const served = (lb: LoadBalancer) =>
    lb
      .status()
      .frontends.filter(({ programmed }) => programmed)
      .map(({ name }) => name.replace(/:30080\/TCP$/, ''))
      .sort();
  const tcx = (device: string) =>
    fixture.inside(() =>
      (['ingress', 'egress'] as const).flatMap((direction) =>
        queryTcx({ ifindex: device, direction }).map(({ programName }) => programName),
      ),
    );

  it('serves NodePorts at addresses of both families as they come and go', async () => {
    const told: string[][] = [];
    const lb = fixture.start({ onNodeAddresses: (addresses) => told.push([...addresses]) });
    lb.apply([nodePorts]);
    expect(served(lb)).toEqual(['0.0.0.0', '192.0.2.1', '[2001:db8::1]', '[::]']);

    fixture.node.addAddress('eth0', '192.0.2.77/24');
    fixture.node.addAddress('eth0', '2001:db8::77/64');
    await poll(() => served(lb)).toEqual([
      '0.0.0.0',
      '192.0.2.1',
      '192.0.2.77',
      '[2001:db8::1]',
      '[2001:db8::77]',
      '[::]',
    ]);
    expect([...(told.at(-1) ?? [])].sort()).toEqual([
      '192.0.2.1',
      '192.0.2.77',
      '2001:db8::1',
      '2001:db8::77',
    ]);
    expect(lb.options.nodeAddresses).toEqual(told.at(-1));
    expect(lb.dump().join('\n')).toContain('192.0.2.77:30080');

    fixture.ip('address', 'delete', '192.0.2.77/24', 'dev', 'eth0');
    fixture.ip('address', 'delete', '2001:db8::77/64', 'dev', 'eth0');
    await poll(() => served(lb)).toEqual(['0.0.0.0', '192.0.2.1', '[2001:db8::1]', '[::]']);
    expect(lb.dump().join('\n')).not.toContain('192.0.2.77');
    expect(fixture.notices).toEqual([expect.stringContaining('no XDP on eth0')]);
  });

  it('does so before an apply that comes first', () => {
    const lb = fixture.start();
    fixture.node.addAddress('eth0', '192.0.2.78/24');
    lb.apply([nodePorts]);
    expect(served(lb)).toContain('192.0.2.78');
  });

  it('leaves addresses alone that were chosen', async () => {
    const lb = fixture.start({ nodeAddresses: ['192.0.2.1'] });
    lb.apply([nodePorts]);
    fixture.node.addAddress('eth0', '192.0.2.79/24');
    lb.apply([nodePorts]);
    expect(served(lb)).toEqual(['0.0.0.0', '192.0.2.1', '[::]']);
  });

  it('knows own addresses at sockets, and which backends are on the node', async () => {
    const lb = fixture.start();
    lb.apply([nodePorts]);
    expect(fixture.backendFlags('192.0.2.20')).toBe(0);
    fixture.node.addAddress('lo', '192.0.2.20/32');
    fixture.node.addAddress('eth0', '2001:db8::21/64');
    await poll(() => fixture.backendFlags('192.0.2.20')).toBe(1);
    expect(fixture.ownAddresses()).toEqual(
      expect.arrayContaining(['192.0.2.1', '192.0.2.20', '2001:db8::1', '2001:db8::21']),
    );
    fixture.ip('address', 'delete', '192.0.2.20/32', 'dev', 'lo');
    await poll(() => fixture.backendFlags('192.0.2.20')).toBe(0);
    expect(fixture.ownAddresses()).not.toContain('192.0.2.20');
  });

  it('takes another address for SNAT when its own has gone, with new programs on the same hooks', async () => {
    const lb = fixture.start();
    const before = lb.status();
    expect(before.families[0]).toMatchObject({ snatAddress: '192.0.2.1' });
    fixture.ip('address', 'flush', 'dev', 'eth0', 'scope', 'global');
    fixture.node.addAddress('eth0', '192.0.2.5/24');
    await poll(() => lb.status().families[0]?.snatAddress).toBe('192.0.2.5');
    const after = lb.status();
    expect(after.attachments.map(({ linkId }) => linkId)).toEqual(
      before.attachments.map(({ linkId }) => linkId),
    );
    for (const [i, { programId }] of after.attachments.entries())
      expect(programId).not.toBe(before.attachments[i]?.programId);
    expect(after.maps.map(({ id }) => id)).toEqual(before.maps.map(({ id }) => id));
    expect(fixture.notices.join('\n')).toContain('snatAddress 192.0.2.1 → 192.0.2.5');
  });

  it('serves a family from its first address on', async () => {
    fixture.ip('-6', 'address', 'flush', 'dev', 'eth0', 'scope', 'global');
    const lb = fixture.start();
    const packets = () => lb.status().families.map((one) => one.packets);
    const maps = () => lb.status().maps.map(({ name }) => name);
    expect(packets()).toEqual([true, false]);
    expect(maps()).not.toContain('lbx_flow_set6');
    fixture.node.addAddress('eth0', '2001:db8::9/64');
    await poll(packets).toEqual([true, true]);
    expect(lb.status().families[1]).toMatchObject({ tc: ['eth0'], snatAddress: '2001:db8::9' });
    expect(maps()).toEqual(expect.arrayContaining(['lbx_flow_set6', 'lbx_rev6']));
  });

  it('needs no IPv4', () => {
    fixture.ip('-4', 'address', 'flush', 'dev', 'eth0');
    const lb = fixture.start();
    lb.apply([nodePorts]);
    expect(served(lb)).toEqual(['0.0.0.0', '[2001:db8::1]', '[::]']);
    expect(lb.status().families).toMatchObject([
      { family: 4, packets: false, tc: [] },
      { family: 6, packets: true, tc: ['eth0'], snatAddress: '2001:db8::1' },
    ]);
  });

  it('attaches to a device again that went and came back', async () => {
    fixture.ip('link', 'add', 'veth7', 'type', 'veth', 'peer', 'veth8');
    const lb = fixture.start({ devices: ['eth0', 'veth7'] });
    const on = () =>
      lb.status().attachments.flatMap(({ device, attached }) => (attached ? (device ?? []) : []));
    expect(on()).toEqual(['eth0', 'eth0', 'veth7', 'veth7']);
    fixture.ip('link', 'delete', 'veth7');
    await poll(on).toEqual(['eth0', 'eth0']);
    fixture.ip('link', 'add', 'veth7', 'type', 'veth', 'peer', 'veth8');
    await poll(on).toEqual(['eth0', 'eth0', 'veth7', 'veth7']);
    expect(tcx('veth7')).toEqual(['lbx_tc_ingress', 'lbx_tc_egress']);
    lb.remove();
    expect(tcx('veth7')).toEqual([]);
    expect(tcx('eth0')).toEqual([]);
  });
});
