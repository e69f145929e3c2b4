import { createNetns, createVethPair, describeKernel, type Netns } from '@lbx/testing';
import { findInterface, inNetns } from 'libbpf-ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type NodeNetwork, openNodeNetwork } from './node-network.ts';

describeKernel('the network of a load balancer', () => {
  let netns: Netns;
  let network: NodeNetwork;
  beforeAll(() => {
    netns = createNetns('core-network');
    createVethPair(
      { ns: netns, device: 'lbxt0', addresses: ['192.0.2.1/24', '2001:db8::1/64'] },
      { ns: netns, device: 'lbxt1', addresses: [] },
    );
    network = inNetns(netns.path, openNodeNetwork);
  });
  afterAll(() => {
    network.close();
    netns.close();
  });

  it('stays the one that it was opened in', () => {
    expect(network.devices().map(({ name }) => name)).toEqual(['lo', 'lbxt1', 'lbxt0']);
    const { index } = netns.device('lbxt0');
    expect(network.inside(() => findInterface('lbxt0').ifindex)).toBe(index);
    expect(() => findInterface('lbxt0')).toThrow();
    expect(inNetns(netns.path, () => network.inside(() => findInterface('lbxt0').ifindex))).toBe(index);
  });

  it('names the device of each address', () => {
    expect(network.addresses().filter(({ address }) => !address.startsWith('fe80'))).toEqual([
      { device: 'lo', address: '127.0.0.1', family: 4, internal: true, unsettled: false },
      { device: 'lbxt0', address: '192.0.2.1', family: 4, internal: false, unsettled: false },
      { device: 'lo', address: '::1', family: 6, internal: true, unsettled: false },
      { device: 'lbxt0', address: '2001:db8::1', family: 6, internal: false, unsettled: false },
    ]);
  });

  it('calls back inside when an address comes', async () => {
    const seen: unknown[] = [];
    network.watch(() =>
      seen.push([findInterface('lbxt0').ifindex, network.addresses().map((a) => a.address)]),
    );
    netns.addAddress('lbxt0', '192.0.2.9/24');
    await expect
      .poll(() => seen.at(-1))
      .toEqual([netns.device('lbxt0').index, expect.arrayContaining(['192.0.2.9'])]);
  });
});
