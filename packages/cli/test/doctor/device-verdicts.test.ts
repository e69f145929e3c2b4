import { expect, it } from 'vitest';
import { judge } from './judge.ts';

const one = (status: string, found: RegExp, remedy?: RegExp) => [
  expect.objectContaining({
    status,
    found: expect.stringMatching(found),
    ...(remedy === undefined ? {} : { remedy: expect.stringMatching(remedy) }),
  }),
];
const eth0 = { ifindex: 2, name: 'eth0', mtu: 1500, isUp: true, isLoopback: false };
const veth = { ...eth0, kind: 'veth' };
const channels = { rx: 0, tx: 0, combined: 4, maxRx: 0, maxTx: 0, maxCombined: 8 };
const driver = { device: eth0, driver: 'ixgbe', channels, features: new Map([['rx-lro', false]]) };
const xdp = { ...driver, programs: [], xdpFeatures: new Set(['basic']), wanted: 'auto' };
const stranger = { programId: 9, programName: 'other', mode: 'native' };
const devices = {
  devices: [{ name: 'eth0', device: eth0 }],
  from: 'named',
  others: ['eth0'],
  withAddress: ['eth0'],
};
const hook = { device: 'eth0', direction: 'ingress', tcx: [], filters: [] };
const ours = { programId: 1, programName: 'lbx_tc_ingress', linkId: 1 };
const filter = { priority: 1, handle: 1, kind: 'bpf', label: 'x.o:[tc]' };
const ports = { ephemeral: [32768, 60999], reserved: [], nodePorts: [30000, 32767] };

it.each([
  ['device', devices, one('ok', /up, hardware, MTU 1500/)],
  ['device', { ...devices, devices: [] }, one('note', /only sockets/, /--device; there are: eth0/)],
  ['device', { ...devices, devices: [{ name: 'eth9' }] }, one('fail', /no such device/, /eth0/)],
  [
    'device',
    { ...devices, devices: [{ name: 'eth0', device: { ...eth0, isUp: false } }] },
    one('fail', /down/, /ip link set dev eth0 up/),
  ],
  ['device', { ...devices, withAddress: [] }, one('warn', /no IP address/, /ip address add/)],
  ['xdp-driver', [xdp], one('ok', /ixgbe has native XDP/)],
  ['xdp-driver', [{ ...xdp, xdpFeatures: new Set() }], one('note', /no native XDP/)],
  [
    'xdp-driver',
    [{ ...xdp, xdpFeatures: new Set(), wanted: 'native' }],
    one('fail', /no native XDP/, /--xdp auto/),
  ],
  ['xdp-driver', [{ ...xdp, xdpFeatures: undefined }], one('note', /--try-xdp/)],
  ['xdp-driver', [{ ...xdp, device: veth, wanted: 'native' }], one('warn', /veth loses/, /other end/)],
  ['xdp-driver', [{ ...xdp, device: veth }], one('note', /veth loses/)],
  ['xdp-driver', [{ ...xdp, tried: {} }], one('ok', /tried/)],
  [
    'xdp-driver',
    [{ ...xdp, tried: { problem: 'ERANGE' }, wanted: 'native' }],
    one('fail', /ERANGE/, /--xdp auto/),
  ],
  ['xdp-driver', [{ ...xdp, wanted: 'generic' }], one('note', /slower than tc/)],
  ['xdp-programs', [xdp], one('ok', /free/)],
  [
    'xdp-programs',
    [{ ...xdp, programs: [stranger], wanted: 'auto' }],
    one('warn', /other \(id 9, native\)/, /xdp off/),
  ],
  ['xdp-programs', [{ ...xdp, programs: [stranger], wanted: 'native' }], one('fail', /other/, /--xdp off/)],
  ['xdp-programs', [{ ...xdp, programs: [stranger], wanted: 'off' }], one('note', /other/)],
  [
    'xdp-programs',
    [{ ...xdp, programs: [{ ...stranger, programName: 'lbx_xdp' }], wanted: 'native' }],
    one('ok', /ours/),
  ],
  ['xdp-mtu', [xdp], one('ok', /1500/)],
  ['xdp-mtu', [{ ...xdp, device: { ...eth0, mtu: 9000 } }], one('warn', /9000/, /mtu 3498/)],
  ['xdp-mtu', [{ ...xdp, device: { ...eth0, mtu: 9000 }, programs: [stranger] }], one('ok', /fits/)],
  ['offloads', { devices: [{ ...driver, vlans: [] }] }, one('ok', /no LRO/)],
  [
    'offloads',
    { devices: [{ ...driver, features: new Map([['rx-lro', true]]), vlans: [] }] },
    one('warn', /rx-lro/, /ethtool -K eth0 lro off/),
  ],
  [
    'offloads',
    { devices: [{ ...driver, features: new Map([['rx-gro-hw', true]]), vlans: [] }] },
    one('note', /rx-gro-hw/, /rx-gro-hw off/),
  ],
  [
    'offloads',
    { devices: [{ ...driver, features: new Map([['rx-vlan-hw-parse', true]]), vlans: ['eth0.5'] }] },
    one('warn', /eth0\.5/, /rxvlan off/),
  ],
  [
    'offloads',
    { devices: [{ ...driver, features: new Map([['rx-vlan-hw-parse', true]]), vlans: [] }] },
    one('ok', /VLAN/),
  ],
  ['queues', { devices: [driver], cpus: 4 }, one('ok', /4 queues for 4 CPUs/)],
  ['queues', { devices: [driver], cpus: 6 }, one('warn', /4 of 8/, /ethtool -L eth0 combined 6/)],
  ['queues', { devices: [driver], cpus: 16 }, one('warn', /4 of 8/, /combined 8/)],
  [
    'queues',
    { devices: [{ ...driver, channels: { ...channels, combined: 1, maxCombined: 1 } }], cpus: 2 },
    one('note', /1 queue for 2/),
  ],
  [
    'queues',
    { devices: [{ ...xdp, driver: 'ena' }], cpus: 8 },
    one('note', /4 queues for 8 CPUs, and no more to give/),
  ],
  ['xdp-queues', { devices: [xdp], cpus: 16 }, one('ok', /as far as is known/)],
  ['xdp-queues', { devices: [{ ...xdp, driver: 'ena' }], cpus: 8 }, one('ok', /enough/)],
  [
    'xdp-queues',
    { devices: [{ ...xdp, driver: 'ena', channels: { ...channels, combined: 8 } }], cpus: 8 },
    one('warn', /at most half of its 8 queues, and 8/, /combined 4/),
  ],
  [
    'xdp-queues',
    {
      devices: [{ ...xdp, driver: 'ena', channels: { ...channels, combined: 8 }, wanted: 'native' }],
      cpus: 8,
    },
    one('fail', /at most half/),
  ],
  [
    'xdp-queues',
    {
      devices: [{ ...xdp, driver: 'ena', channels: { ...channels, combined: 8 }, programs: [stranger] }],
      cpus: 8,
    },
    one('ok', /runs now/),
  ],
  [
    'xdp-queues',
    {
      devices: [{ ...xdp, driver: 'gve', channels: { ...channels, rx: 8, tx: 8, maxRx: 8, maxTx: 8 } }],
      cpus: 8,
    },
    one('warn', /at most half of its 8/, /rx 4 tx 4/),
  ],
  [
    'xdp-queues',
    {
      devices: [{ ...xdp, driver: 'virtio_net', channels: { ...channels, combined: 1, maxCombined: 2 } }],
      cpus: 2,
    },
    one('note', /2 CPUs beside the 1 in use, virtio_net has 2 in all/, /4 queues/),
  ],
  ['xdp-queues', { devices: [{ ...xdp, wanted: 'generic' }], cpus: 2 }, one('ok', /--xdp generic/)],
  ['tc-order', [hook], one('ok', /nobody/)],
  ['tc-order', [{ ...hook, tcx: [ours] }], one('ok', /only lbx/)],
  [
    'tc-order',
    [{ ...hook, tcx: [{ ...ours, programName: 'first' }, ours] }],
    one('warn', /before lbx runs first \(id 1\)/, /bpftool link show id 1 names/),
  ],
  ['tc-order', [{ ...hook, tcx: [ours], filters: [filter] }], one('note', /then x\.o:\[tc\] \(priority 1\)/)],
  ['tc-order', [{ ...hook, filters: [filter] }], one('note', /run before lbx when it comes/)],
  [
    'tc-order',
    [{ ...hook, filters: [filter, { ...filter, priority: 50, programName: 'lbx_tc_ingress' }] }],
    one('warn', /before lbx runs x\.o/),
  ],
  ['dsr-mtu', { devices: [{ device: { ...eth0, mtu: 1524 } }], by: 'option' }, one('ok', /room/)],
  [
    'dsr-mtu',
    { devices: [{ device: eth0 }], by: 'option' },
    one('warn', /adds 8 bytes \(IPv6: 24\)/, /mtu 1524/),
  ],
  ['dsr-mtu', { devices: [{ device: eth0 }], by: 'ipip' }, one('warn', /adds 20 bytes/, /mtu 1540/)],
  ['forwarding', { devices: [{ name: 'eth0', family: 4, value: '1' }] }, one('ok', /on/)],
  [
    'forwarding',
    { devices: [{ name: 'eth0.5', family: 6, value: '0' }] },
    one('fail', /off/, /net\.ipv6\.conf\.eth0\/5\.forwarding=1/),
  ],
  ['rp-filter', { all: 0, devices: [{ name: 'eth0', value: 2 }], dsr: true }, one('ok', /loose/)],
  ['rp-filter', { all: 1, devices: [{ name: 'eth0', value: 0 }], dsr: false }, one('note', /strict/)],
  [
    'rp-filter',
    { all: 0, devices: [{ name: 'eth0', value: 1 }], dsr: true },
    one('warn', /strict/, /eth0\.rp_filter=2/),
  ],
  ['ports', ports, one('ok', /32768-60999/)],
  [
    'ports',
    { ...ports, ephemeral: [10000, 65000] },
    one('warn', /NodePorts 30000-32767 meet/, /ip_local_reserved_ports=30000-32767/),
  ],
  ['ports', { ...ports, ephemeral: [10000, 65000], reserved: [[30000, 32767]] }, one('ok', /NodePorts/)],
  ['ports', { ...ports, snatPorts: [31000, 32000] }, one('fail', /reply/, /--snat-ports/)],
  [
    'ports',
    { ...ports, snatPorts: [40000, 41000], reserved: [[8080, 8080]] },
    one('warn', /SNAT|snat/, /=8080-8080,40000-41000/),
  ],
  ['conntrack', {}, one('ok', /not in use/)],
  ['conntrack', { count: 10, max: 100 }, one('ok', /10 of 100/)],
  ['conntrack', { count: 95, max: 100 }, one('warn', /95 %/, /nf_conntrack_max=200/)],
])('%s of %j', (id, facts, verdicts) => {
  expect(judge(id, facts)).toEqual(verdicts);
});
