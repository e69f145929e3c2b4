import { defaultPins } from '@lbx/core';
import { catalog, flowCatalog } from '@lbx/maps';
import { type AgentOption, coreDefault, coreOption } from './agent-option.ts';
import { byName, listOf, oneOrByName } from './option-types/collections.ts';
import { ipAddress, portRange } from './option-types/network.ts';
import {
  choice,
  orFalse,
  orYesOrNo,
  secondsOrNever,
  tableSize,
  text,
  wholeNumber,
  yesOrNo,
} from './option-types/scalars.ts';

const day = 86_400;
const timeouts = ['tcpNew', 'tcpOpen', 'tcpHalfClosed', 'tcpClosed', 'udpNew', 'udpOpen'] as const;

const mapNames = [...Object.keys(catalog), ...Object.keys(flowCatalog)];

/** Where programs are attached. */
const placeOptions = {
  device: coreDefault('devices', listOf(text('if')), [], 'network devices whose packets are balanced'),
  xdp: coreDefault(
    'xdp',
    oneOrByName(choice('auto', 'native', 'generic', 'off'), 'if'),
    'auto',
    'where XDP runs',
  ),
  tc: coreDefault('tc', choice('auto', 'tcx', 'clsact'), 'auto', 'how tc programs are attached'),
  podDevice: coreDefault(
    'podDevices',
    listOf(text('pattern')),
    [],
    "the node's ends of pods' veth pairs, such as veth*",
  ),
  cgroup: coreOption(
    'cgroup',
    orFalse(text('dir')),
    'the root of cgroup v2',
    'folder of cgroup v2 whose sockets are balanced; false for none',
  ),
  family: coreOption('families', listOf(choice(4, 6)), 'both', 'address families'),
  pins: coreDefault('pins', text('dir'), defaultPins, 'folder in a BPF file system for maps and programs'),
};

/** How clients are answered. */
const answerOptions = {
  algorithm: coreDefault('algorithm', choice('random', 'maglev'), 'random', 'how packets choose a backend'),
  maglevSize: coreDefault('maglevSize', tableSize(), 16_381, 'slots of a Maglev table'),
  maglevSeed: coreOption(
    'maglevSeed',
    text('base64'),
    "Cilium's",
    'of Maglev tables, 12 bytes; the same on all nodes',
  ),
  nodeAddress: coreOption(
    'nodeAddresses',
    listOf(ipAddress()),
    'those of the devices',
    'where NodePorts are served',
  ),
  nodePortRange: coreDefault(
    'nodePortRange',
    portRange(),
    '30000-32767',
    'ports of NodePorts, as the API server has it',
  ),
  externalClusterIp: coreDefault(
    'externalClusterIP',
    yesOrNo(),
    false,
    'serve ClusterIPs to clients outside of the node',
  ),
  externalIpsAnywhere: coreDefault(
    'externalIPsAnywhere',
    yesOrNo(),
    false,
    'sockets reach external IPs that are no address of the node (CVE-2020-8554)',
  ),
  wildcards: coreDefault('wildcards', yesOrNo(), true, 'drop packets to unknown ports of service addresses'),
  reject: coreDefault(
    'rejectWithoutEndpoints',
    yesOrNo(),
    true,
    'refuse packets to services without endpoints; false drops them',
  ),
  answerEcho: coreDefault('answerEcho', yesOrNo(), false, 'answer pings to service addresses'),
  sessionAffinity: coreDefault('sessionAffinity', yesOrNo(), true, 'obey session affinity at sockets'),
  peerNames: coreDefault(
    'peerNames',
    orYesOrNo(choice('exact')),
    true,
    'getpeername() gives the service; exact never forgets',
  ),
  destroyUdpSockets: coreDefault(
    'destroyUdpSockets',
    yesOrNo(),
    true,
    'end connected UDP sockets whose backend is gone',
  ),
};

/** How packets get to backends. */
const forwardingOptions = {
  forwarding: coreDefault(
    'forwarding',
    choice('snat', 'dsr', 'hybrid'),
    'snat',
    'how requests get to other nodes',
  ),
  dsrBy: coreDefault('dsrDispatch', choice('option', 'ipip'), 'option', 'how DSR tells the service'),
  mtu: coreOption(
    'mtu',
    wholeNumber('bytes', 1280, 65_535),
    'the smallest of the devices',
    'largest packet between nodes',
  ),
  snatAddress: coreOption(
    'snatAddress',
    ipAddress(4),
    'the first of the devices',
    'source of IPv4 packets to other nodes',
  ),
  snatAddress6: coreOption('snatAddress6', ipAddress(6), 'the first of the devices', 'the same for IPv6'),
  snatPorts: coreOption(
    'snatPorts',
    portRange(),
    'the widest range outside of all others',
    'their source ports',
  ),
  redirect: coreDefault(
    'redirect',
    choice('none', 'neigh', 'peer', 'auto'),
    'auto',
    'how packets get into pods',
  ),
  hairpinAddress: coreOption(
    'hairpinAddress',
    ipAddress(4),
    'snatAddress',
    'source of packets that a pod sends to itself through a service',
  ),
  hairpinAddress6: coreOption('hairpinAddress6', ipAddress(6), 'snatAddress6', 'the same for IPv6'),
};

/** What is remembered, and for how long. */
const sizeOptions = {
  endpoints: coreDefault(
    'endpoints',
    wholeNumber('n', 1, 2 ** 24),
    65_536,
    'endpoints that there is room for, of each family',
  ),
  flows: coreDefault(
    'flows',
    wholeNumber('n', 1024, 2 ** 26),
    262_144,
    'flows that are remembered, of each family',
  ),
  flowTable: coreDefault('flowTable', choice('lru', 'buckets'), 'buckets', 'what they are kept in'),
  timeouts: coreOption(
    'timeouts',
    byName(wholeNumber('seconds', 1, 2_000_000), { placeholder: 'state', known: timeouts }),
    'those of @lbx/core',
    'silence after which a flow is over',
  ),
  maxEntries: coreOption(
    'maxEntries',
    byName(wholeNumber('n', 1, 2 ** 31), { placeholder: 'map', known: mapNames }),
    'by endpoints and flows',
    'sizes of single maps',
  ),
  traffic: coreDefault('traffic', yesOrNo(), false, 'count packets and bytes by frontend and backend'),
  driftSeconds: coreDefault(
    'driftSeconds',
    secondsOrNever(day),
    60,
    'how often maps are compared with what was written; 0 for never',
  ),
  sweepSeconds: coreDefault(
    'sweepSeconds',
    secondsOrNever(day),
    45,
    'how often memory of flows that are over is given back; 0 for never',
  ),
};

/** Everything of a load balancer that people set on a node. */
export const datapathOptions = {
  ...placeOptions,
  ...answerOptions,
  ...forwardingOptions,
  ...sizeOptions,
} satisfies Record<string, AgentOption>;
