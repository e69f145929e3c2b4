import { describe, expect, it } from 'vitest';
import type { LocalAddress } from '../network/node-network.ts';
import { type NetworkState, needsReload, nodeSettings } from './node-settings.ts';
import type { LoadBalancerOptions } from './options.ts';
import { resolveOptions } from './resolve-options.ts';

const local = (device: string, address: string): LocalAddress => ({
  device,
  address,
  family: address.includes(':') ? 6 : 4,
  internal: false,
  unsettled: false,
});
const device = (name: string, mtu: number) => ({ name, mtu, ifindex: 1, isUp: true, isLoopback: false });
const network = (...addresses: LocalAddress[]): NetworkState => ({
  devices: [device('eth0', 9000), device('eth1', 1400), device('eth2', 1300)],
  addresses,
});
const dual = network(
  local('eth0', '192.0.2.1'),
  local('eth0', 'fe80::1'),
  local('eth0', '2001:db8::1'),
  local('eth1', '192.0.2.129'),
);

describe('options', () => {
  it('fills in defaults', () => {
    expect(resolveOptions({ devices: ['eth0', 'eth1'] }, dual)).toMatchObject({
      devices: ['eth0', 'eth1'],
      xdp: { eth0: 'auto', eth1: 'auto' },
      pins: '/sys/fs/bpf/lbx',
      algorithm: 'random',
      maglevSize: 16381,
      families: [4, 6],
      serviceFamilies: [4, 6],
      forwarding: 'snat',
      mtu: 1400,
      nodePortRange: [30000, 32767],
      nodeAddresses: ['192.0.2.1', '2001:db8::1', '192.0.2.129'],
      snatAddress: '192.0.2.1',
      snatAddress6: '2001:db8::1',
      rejectWithoutEndpoints: true,
      answerEcho: false,
      peerNames: true,
      destroyUdpSockets: true,
      timeouts: { tcpNew: 60, udpOpen: 120 },
    });
  });

  it('has XDP by device', () => {
    const { xdp } = resolveOptions({ devices: ['eth0', 'eth1'], xdp: { eth1: 'off' } }, dual);
    expect(xdp).toEqual({ eth0: 'auto', eth1: 'off' });
  });

  it('needs no address where no packet is touched', () => {
    expect(resolveOptions({}, network())).toMatchObject({ families: [], snatAddress: undefined, mtu: 1500 });
  });

  it.each<[LoadBalancerOptions, readonly number[]]>([
    [{ devices: ['eth0'] }, [4, 6]],
    [{ devices: ['eth1'] }, [4]],
    [{ devices: ['eth1'], families: [6, 4] }, [4, 6]],
    [{ devices: ['eth0'], families: [6] }, [6]],
    [{ devices: ['eth1'], snatAddress6: '2001:db8::9' }, [4, 6]],
    [{ devices: ['eth2'], snatAddress: '192.0.2.1' }, [4]],
  ])('serves the families that can be used with %o: %o', (options, families) => {
    expect(resolveOptions(options, dual).families).toEqual(families);
  });

  it.each<[LoadBalancerOptions, string, string]>([
    [{ nodeAddresses: ['nowhere'] }, 'LBX_BAD_OPTION', "'nowhere' is not an IPv4 or IPv6 address"],
    [{ nodePortRange: [32767, 30000] }, 'LBX_BAD_OPTION', '32767-30000 is no range of ports'],
    [{ snatPorts: [30000, 40000] }, 'LBX_BAD_OPTION', 'overlap nodePortRange'],
    [{ snatAddress: '2001:db8::1' }, 'LBX_BAD_OPTION', "snatAddress: '2001:db8::1' is not an IPv4 address"],
    [{ snatAddress6: '192.0.2.1' }, 'LBX_BAD_OPTION', "snatAddress6: '192.0.2.1' is not an IPv6 address"],
    [{ hairpinAddress6: '192.0.2.1' }, 'LBX_BAD_OPTION', 'hairpinAddress6'],
    [{ devices: ['eth2'] }, 'LBX_NO_NODE_ADDRESS', 'device eth2 has no address'],
    [{ forwarding: 'DSR' as never }, 'LBX_BAD_OPTION', "'DSR' is none of its choices: snat, dsr, hybrid"],
    [{ dsrDispatch: 'gre' as never }, 'LBX_BAD_OPTION', 'option, ipip'],
    [{ redirect: 'fast' as never }, 'LBX_BAD_OPTION', 'none, neigh, peer, auto'],
    [
      { peerNames: 'always' as never },
      'LBX_BAD_OPTION',
      "'always' is none of its choices: true, false, exact",
    ],
    [{ tc: 'xdp' as never }, 'LBX_BAD_OPTION', 'auto, tcx, clsact'],
    [{ algorithm: 'rr' as never }, 'LBX_BAD_OPTION', 'random, maglev'],
    [{ devices: ['eth0'], xdp: 'fast' as never }, 'LBX_BAD_OPTION', 'auto, native, generic, off'],
    [{ devices: ['eth0'], xdp: { eth7: 'off' } }, 'LBX_BAD_OPTION', 'xdp: eth7 is not among devices (eth0)'],
    [{ families: [5 as never] }, 'LBX_BAD_OPTION', '5 is none of its choices: 4, 6'],
    [{ families: [] }, 'LBX_BAD_OPTION', 'families: none is given'],
    [{ mtu: 68 }, 'LBX_BAD_OPTION', 'mtu: 68 is no whole number from 1280'],
    [{ timeouts: { tcpOpen: 0 } }, 'LBX_BAD_OPTION', 'timeouts.tcpOpen: 0 is no whole number from 1'],
    [{ flows: 1.5 }, 'LBX_BAD_OPTION', 'flows: 1.5 is no whole number'],
    [{ sweepSeconds: 0 }, 'LBX_BAD_OPTION', 'sweepSeconds: 0 is no whole number'],
  ])('refuses %o', (options, code, message) => {
    expect(() => resolveOptions({ ...options }, dual)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});

describe('settings that follow the network', () => {
  const options = { devices: ['eth0', 'eth1'] };
  const before = nodeSettings(options, dual);

  it('keep the address for SNAT while it is there, and while there is no other', () => {
    const earlier = network(local('eth0', '192.0.2.7'), ...dual.addresses);
    expect(nodeSettings(options, earlier, before).snatAddress).toBe('192.0.2.1');
    expect(nodeSettings(options, { devices: [], addresses: [] }, before)).toMatchObject({
      mtu: 1400,
      snatAddress: '192.0.2.1',
      snatAddress6: '2001:db8::1',
      families: [4, 6],
      nodeAddresses: [],
    });
  });

  it('take another address for SNAT when theirs has gone', () => {
    const later = nodeSettings(options, network(local('eth0', '192.0.2.7')), before);
    expect(later).toMatchObject({ snatAddress: '192.0.2.7', snatAddress6: '2001:db8::1' });
    expect(needsReload(before, later)).toBe(true);
  });

  it('need no new programs for another NodePort address', () => {
    const later = nodeSettings(options, network(...dual.addresses, local('eth1', '192.0.2.200')), before);
    expect(later.nodeAddresses).toContain('192.0.2.200');
    expect(needsReload(before, later)).toBe(false);
  });

  it('take up a family that gets its first address', () => {
    const first = nodeSettings({ devices: ['eth1'] }, dual);
    const later = nodeSettings(
      { devices: ['eth1'] },
      network(...dual.addresses, local('eth1', '2001:db8::2')),
      first,
    );
    expect([first.families, later.families]).toEqual([[4], [4, 6]]);
    expect(needsReload(first, later)).toBe(true);
  });
});
