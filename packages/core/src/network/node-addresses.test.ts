import { describe, expect, it } from 'vitest';
import { defaultNodeAddresses, defaultSnatAddress } from './node-addresses.ts';
import type { LocalAddress } from './node-network.ts';

const local = (device: string, address: string, more: Partial<LocalAddress> = {}): LocalAddress => ({
  device,
  address,
  family: address.includes(':') ? 6 : 4,
  internal: ['127.0.0.1', '::1'].includes(address),
  unsettled: false,
  ...more,
});

const node = [
  local('lo', '127.0.0.1'),
  local('lo', '::1'),
  local('lo', '192.0.2.100'),
  local('eth0', 'fe80::1'),
  local('eth0', '169.254.1.1'),
  local('eth0', '2001:db8::5', { unsettled: true }),
  local('eth0', '2001:db8::7'),
  local('eth0', '2001:db8::6'),
  local('eth1', '192.0.2.1'),
  local('eth1', '192.0.2.2'),
  local('eth1', 'febf::1'),
  local('eth2', '192.0.2.1'),
];

describe('addresses for NodePorts', () => {
  it('are those of the devices in both families, without link-local ones', () => {
    expect(defaultNodeAddresses(['eth0'], node)).toEqual(['2001:db8::5', '2001:db8::7', '2001:db8::6']);
    expect(defaultNodeAddresses(['eth0', 'eth1'], node)).toEqual([
      '2001:db8::5',
      '2001:db8::7',
      '2001:db8::6',
      '192.0.2.1',
      '192.0.2.2',
    ]);
  });

  it('are all but loopback where no device is named, each once', () => {
    expect(defaultNodeAddresses([], node)).toEqual([
      '192.0.2.100',
      '2001:db8::5',
      '2001:db8::7',
      '2001:db8::6',
      '192.0.2.1',
      '192.0.2.2',
    ]);
  });
});

describe('address for SNAT', () => {
  it.each([
    [['eth0'], 6, '2001:db8::6'],
    [['eth0'], 4, undefined],
    [['eth0', 'eth1'], 4, '192.0.2.1'],
    [['eth1'], 6, undefined],
    [[], 4, undefined],
  ] as const)('of %o, IPv%i: %s', (devices, family, expected) => {
    expect(defaultSnatAddress(devices, family, node)).toBe(expected);
  });
});
