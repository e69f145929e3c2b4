import { createNetns, describeKernel, type Netns } from '@lbx/testing';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { inNetns } from '../link/in-netns.ts';
import { Network } from './network.ts';

describeKernel('network', () => {
  let netns: Netns;
  const ip = (...args: string[]) => netns.exec('ip', args);
  const open = () => {
    const network = inNetns(netns.path, () => new Network());
    onTestFinished(() => network.close());
    return network;
  };
  beforeAll(() => {
    netns = createNetns('network');
    ip('link', 'add', 'eth0', 'mtu', '1400', 'type', 'veth', 'peer', 'eth1');
    ip('link', 'set', 'eth0', 'up');
  });
  afterAll(() => netns.close());

  it('tells the devices of the namespace that it was made in', () => {
    expect(open().devices()).toEqual([
      { ifindex: 1, name: 'lo', mtu: 65536, isUp: true, isLoopback: true },
      {
        ifindex: netns.device('eth1').index,
        name: 'eth1',
        mtu: 1500,
        isUp: false,
        isLoopback: false,
        kind: 'veth',
      },
      {
        ifindex: netns.device('eth0').index,
        name: 'eth0',
        mtu: 1400,
        isUp: true,
        isLoopback: false,
        kind: 'veth',
      },
    ]);
  });

  it('reads answers of more than one message', () => {
    using many = createNetns('network-many');
    many.exec('sh', [
      '-c',
      'for i in $(seq 150); do echo "link add a$i type veth peer b$i"; done | ip -batch -',
    ]);
    using network = inNetns(many.path, () => new Network());
    const names = new Set(network.devices().map(({ name }) => name));
    for (let i = 1; i <= 150; i++) for (const end of ['a', 'b']) expect(names).toContain(`${end}${i}`);
  });

  it('tells addresses of both families, also of devices that are down', () => {
    netns.addAddress('eth1', '192.0.2.7/24');
    netns.addAddress('eth1', '2001:db8::0:7/64');
    ip('address', 'add', '192.0.2.8', 'peer', '192.0.2.9', 'dev', 'eth1');
    ip('address', 'add', '2001:db8::8/64', 'dev', 'eth1', 'nodad', 'preferred_lft', '0');
    const ifindex = netns.device('eth1').index;
    const found = open().addresses();
    const of = (index: number) => found.filter((address) => address.ifindex === index);
    const settled = { ifindex, scope: 'global', isUnsettled: false };
    expect(of(ifindex)).toEqual(
      expect.arrayContaining([
        { ...settled, family: 4, address: '192.0.2.7', prefixLength: 24 },
        { ...settled, family: 4, address: '192.0.2.8', prefixLength: 32 },
        { ...settled, family: 6, address: '2001:db8::7', prefixLength: 64 },
        { ...settled, family: 6, address: '2001:db8::8', prefixLength: 64, isUnsettled: true },
      ]),
    );
    expect(of(1)).toEqual([
      { ifindex: 1, family: 4, address: '127.0.0.1', prefixLength: 8, scope: 'host', isUnsettled: false },
      { ifindex: 1, family: 6, address: '::1', prefixLength: 128, scope: 'host', isUnsettled: false },
    ]);
  });

  it('says whether anything changed', () => {
    const network = open();
    expect(network.hasChanged()).toBe(false);
    netns.addAddress('eth1', '192.0.2.10/24');
    expect(network.hasChanged()).toBe(true);
    expect(network.hasChanged()).toBe(false);
  });

  it('calls back when a device or an address comes or goes', async () => {
    const network = open();
    const seen: string[][] = [];
    network.watch(() => seen.push(network.devices().map(({ name }) => name)));
    ip('link', 'add', 'veth7', 'type', 'veth', 'peer', 'veth8');
    await expect.poll(() => seen.at(-1)).toContain('veth7');
    ip('link', 'delete', 'veth7');
    await expect.poll(() => seen.at(-1)).not.toContain('veth7');
    const before = seen.length;
    ip('address', 'add', '192.0.2.11/24', 'dev', 'eth1');
    await expect.poll(() => seen.length).toBeGreaterThan(before);
  });

  it('is refused after close', () => {
    const network = open();
    network.close();
    network.close();
    expect(() => network.devices()).toThrow(expect.objectContaining({ code: 'LBX_CLOSED' }));
  });
});
