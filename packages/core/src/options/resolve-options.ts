import { assertTableSize } from '@lbx/maps';
import type { ApplyReport } from '../apply/apply-report.ts';
import { CoreError } from '../errors.ts';
import { assertAddress, type Family } from '../network/node-addresses.ts';
import { oneOf, portRange, wholeNumber } from './check-option.ts';
import { type NetworkState, type NodeSettings, nodeSettings } from './node-settings.ts';
import { defaultPins, type FlowTimeouts, type LoadBalancerOptions, type XdpChoice } from './options.ts';
import { defaultSnatPorts, ephemeralPorts, overlaps, type PortRange } from './snat-ports.ts';

/** The same with all defaults filled in and everything checked. */
export interface ResolvedOptions extends NodeSettings {
  readonly devices: readonly string[];
  /** By device. */
  readonly xdp: Readonly<Record<string, XdpChoice>>;
  readonly tc: 'auto' | 'tcx' | 'clsact';
  readonly podDevices: readonly string[];
  readonly cgroup: string | false | undefined;
  readonly pins: string | false;
  /** Families whose services are written: all, or those asked for. */
  readonly serviceFamilies: readonly Family[];
  readonly algorithm: 'random' | 'maglev';
  readonly maglevSize: number;
  readonly maglevSeed: string | undefined;
  readonly nodePortRange: PortRange;
  readonly externalClusterIP: boolean;
  readonly wildcards: boolean;
  readonly rejectWithoutEndpoints: boolean;
  readonly answerEcho: boolean;
  readonly forwarding: 'snat' | 'dsr' | 'hybrid';
  readonly dsrDispatch: 'option' | 'ipip';
  readonly snatPorts: PortRange;
  readonly redirect: 'none' | 'neigh' | 'peer' | 'auto';
  readonly hairpinAddress: string | undefined;
  readonly hairpinAddress6: string | undefined;
  readonly sessionAffinity: boolean;
  readonly peerNames: boolean | 'exact';
  readonly destroyUdpSockets: boolean;
  readonly externalIPsAnywhere: boolean;
  readonly timeouts: Required<FlowTimeouts>;
  readonly flows: number;
  readonly traffic: boolean;
  readonly flowTable: 'lru' | 'buckets';
  readonly endpoints: number;
  readonly maxEntries: Readonly<Record<string, number>>;
  readonly sweepSeconds: number | false;
  readonly driftSeconds: number | false;
  readonly onNotice: (notice: string) => void;
  readonly onApplied: (report: ApplyReport) => void;
  readonly onNodeAddresses: (addresses: readonly string[]) => void;
}

const xdpChoices: readonly XdpChoice[] = ['auto', 'native', 'generic', 'off'];
/** Seconds that fit 31 bits of jiffies at 1000 Hz. */
const longestTimeout = 2_000_000;

/**
 * Fills in defaults from this network namespace.
 * @throws CoreError `LBX_BAD_OPTION`, `LBX_NO_NODE_ADDRESS`; MaglevError `LBX_MAGLEV_SIZE`.
 */
export function resolveOptions(options: LoadBalancerOptions, network: NetworkState): ResolvedOptions {
  const devices = [...new Set(options.devices ?? [])];
  if (options.maglevSize !== undefined) assertTableSize(options.maglevSize);
  for (const family of options.families ?? []) oneOf<number>('families', family, [4, 6]);
  if (options.families?.length === 0) throw noFamily();
  if (options.hairpinAddress !== undefined) assertAddress('hairpinAddress', options.hairpinAddress, 4);
  if (options.hairpinAddress6 !== undefined) assertAddress('hairpinAddress6', options.hairpinAddress6, 6);
  const { sweepSeconds = 45, driftSeconds = 60 } = options;
  return {
    ...nodeSettings(options, network),
    ...portsOf(options),
    devices,
    xdp: xdpByDevice(devices, options.xdp ?? 'auto'),
    tc: oneOf('tc', options.tc ?? 'auto', ['auto', 'tcx', 'clsact']),
    podDevices: [...new Set(options.podDevices ?? [])],
    cgroup: options.cgroup,
    pins: options.pins ?? defaultPins,
    serviceFamilies: options.families ?? [4, 6],
    algorithm: oneOf('algorithm', options.algorithm ?? 'random', ['random', 'maglev']),
    maglevSize: options.maglevSize ?? 16381,
    maglevSeed: options.maglevSeed,
    externalClusterIP: options.externalClusterIP ?? false,
    wildcards: options.wildcards ?? true,
    rejectWithoutEndpoints: options.rejectWithoutEndpoints ?? true,
    answerEcho: options.answerEcho ?? false,
    forwarding: oneOf('forwarding', options.forwarding ?? 'snat', ['snat', 'dsr', 'hybrid']),
    dsrDispatch: oneOf('dsrDispatch', options.dsrDispatch ?? 'option', ['option', 'ipip']),
    redirect: oneOf('redirect', options.redirect ?? 'auto', ['none', 'neigh', 'peer', 'auto']),
    hairpinAddress: options.hairpinAddress,
    hairpinAddress6: options.hairpinAddress6,
    sessionAffinity: options.sessionAffinity ?? true,
    peerNames: oneOf<boolean | 'exact'>('peerNames', options.peerNames ?? true, [true, false, 'exact']),
    destroyUdpSockets: options.destroyUdpSockets ?? true,
    externalIPsAnywhere: options.externalIPsAnywhere ?? false,
    timeouts: timeoutsOf(options.timeouts ?? {}),
    flows: wholeNumber('flows', options.flows ?? 262_144, 1024, 2 ** 26),
    traffic: options.traffic ?? false,
    flowTable: oneOf('flowTable', options.flowTable ?? 'buckets', ['lru', 'buckets']),
    endpoints: wholeNumber('endpoints', options.endpoints ?? 65_536, 1, 2 ** 24),
    maxEntries: options.maxEntries ?? {},
    sweepSeconds: sweepSeconds === false ? false : wholeNumber('sweepSeconds', sweepSeconds, 1, 86_400),
    driftSeconds: driftSeconds === false ? false : wholeNumber('driftSeconds', driftSeconds, 1, 86_400),
    onNotice: options.onNotice ?? (() => {}),
    onApplied: options.onApplied ?? (() => {}),
    onNodeAddresses: options.onNodeAddresses ?? (() => {}),
  };
}

function noFamily(): CoreError {
  return new CoreError('LBX_BAD_OPTION', 'families: none is given; use [4], [6] or [4, 6]', {
    option: 'families',
    value: [],
  });
}

function xdpByDevice(
  devices: readonly string[],
  given: NonNullable<LoadBalancerOptions['xdp']>,
): Record<string, XdpChoice> {
  const choose = (device: string) => (typeof given === 'string' ? given : (given[device] ?? 'auto'));
  const unknown =
    typeof given === 'string' ? [] : Object.keys(given).filter((name) => !devices.includes(name));
  if (unknown.length > 0) {
    throw new CoreError(
      'LBX_BAD_OPTION',
      `xdp: ${unknown.join(', ')} is not among devices (${devices.join(', ') || 'none'})`,
      { option: 'xdp', value: given },
    );
  }
  return Object.fromEntries(devices.map((device) => [device, oneOf('xdp', choose(device), xdpChoices)]));
}

function timeoutsOf(given: FlowTimeouts): Required<FlowTimeouts> {
  const timeouts = {
    tcpNew: 60,
    tcpOpen: 8000,
    tcpHalfClosed: 120,
    tcpClosed: 10,
    udpNew: 30,
    udpOpen: 120,
    ...given,
  };
  for (const [name, value] of Object.entries(timeouts))
    wholeNumber(`timeouts.${name}`, value, 1, longestTimeout);
  return timeouts;
}

/** The ranges of ports, which must not meet. */
function portsOf({ nodePortRange: nodePorts, snatPorts: given, onNotice }: LoadBalancerOptions) {
  const nodePortRange = portRange('nodePortRange', nodePorts ?? [30000, 32767]);
  const ephemeral = ephemeralPorts();
  const snatPorts = portRange('snatPorts', given ?? defaultSnatPorts([nodePortRange, ephemeral]));
  if (overlaps(snatPorts, nodePortRange)) {
    throw new CoreError(
      'LBX_BAD_OPTION',
      `snatPorts ${snatPorts.join('-')} overlap nodePortRange ${nodePortRange.join('-')}; a reply could not be told from a request`,
      { snatPorts, nodePortRange },
    );
  }
  if (overlaps(snatPorts, ephemeral)) {
    onNotice?.(
      `snatPorts ${snatPorts.join('-')} overlap the node's ephemeral ports ${ephemeral.join('-')}: now and then one of its own connections to a backend will fail`,
    );
  }
  return { nodePortRange, snatPorts };
}
