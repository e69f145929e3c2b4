import type { LoadBalancerOptions, XdpChoice } from '@lbx/core';
import { defaultPins } from '@lbx/core';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { algorithmOption, maglevSizeOption, parseNumber } from '../input/shared-options.ts';

/** What the flags below become. */
export interface LoadBalancerFlags {
  readonly device?: readonly string[];
  readonly xdp?: XdpChoice;
  readonly tc?: 'auto' | 'tcx' | 'clsact';
  readonly podDevice?: readonly string[];
  readonly family?: readonly string[];
  readonly pins: string;
  /** Commander's `--no-cgroup` makes it false. */
  readonly cgroup?: string | boolean;
  readonly algorithm: 'random' | 'maglev';
  readonly maglevSize: number;
  readonly forwarding?: 'snat' | 'dsr' | 'hybrid';
  readonly dsrBy?: 'option' | 'ipip';
  readonly mtu?: number;
  readonly snatAddress?: string;
  readonly snatAddress6?: string;
  readonly snatPorts?: readonly [number, number];
  readonly nodeAddress?: readonly string[];
  readonly externalClusterIp?: boolean;
  readonly wildcards: boolean;
  readonly reject: boolean;
  readonly answerEcho?: boolean;
  readonly redirect?: 'none' | 'neigh' | 'peer' | 'auto';
  readonly flows?: number;
  readonly endpoints?: number;
  readonly traffic?: boolean;
  readonly flowTable?: 'lru' | 'buckets';
  readonly driftSeconds?: number;
}

const choice = (flags: string, description: string, choices: readonly string[]) =>
  new Option(flags, description).choices([...choices]);

/** Flags for everything of a load balancer that people set on a node. What is not given is left to @lbx/core. */
export function addLoadBalancerFlags(command: Command): Command {
  return command
    .option('--device <if...>', 'network device(s) whose packets are balanced')
    .addOption(choice('--xdp <mode>', 'where XDP runs (default: auto)', ['auto', 'native', 'generic', 'off']))
    .addOption(
      choice('--tc <way>', 'how tc programs are attached (default: auto)', ['auto', 'tcx', 'clsact']),
    )
    .option('--pod-device <pattern...>', "the node's ends of pods' veth pairs, such as 'veth*'")
    .addOption(choice('--family <n...>', 'address families (default: both)', ['4', '6']))
    .option('--pins <dir>', 'folder in a BPF file system for maps and programs', defaultPins)
    .option('--cgroup <dir>', 'cgroup v2 folder for socket load balancing (default: its root)')
    .option('--no-cgroup', 'no socket load balancing')
    .addOption(algorithmOption())
    .addOption(maglevSizeOption())
    .addOption(
      choice('--forwarding <mode>', 'how requests get to other nodes (default: snat)', [
        'snat',
        'dsr',
        'hybrid',
      ]),
    )
    .addOption(choice('--dsr-by <means>', 'how DSR tells the service (default: option)', ['option', 'ipip']))
    .option(
      '--mtu <bytes>',
      'largest packet between nodes (default: smallest MTU of the devices)',
      parseNumber,
    )
    .option('--snat-address <ip>', 'source of IPv4 packets to other nodes (default: first of the devices)')
    .option('--snat-address6 <ip>', 'the same for IPv6')
    .option('--snat-ports <from-to>', 'their source ports (default: outside of all others)', parsePorts)
    .option('--node-address <ip...>', 'where NodePorts are served (default: addresses of the devices)')
    .option('--external-cluster-ip', 'serve ClusterIPs to clients outside of the node')
    .option('--no-wildcards', 'pass packets to unknown ports of service addresses')
    .option('--no-reject', 'drop packets to services without endpoints instead of refusing them')
    .option('--answer-echo', 'answer pings to service addresses')
    .addOption(
      choice('--redirect <way>', 'how packets get into pods (default: auto)', [
        'none',
        'neigh',
        'peer',
        'auto',
      ]),
    )
    .option('--endpoints <n>', 'endpoints that there is room for, of each family', parseNumber)
    .option('--flows <n>', 'flows that are remembered, of each family', parseNumber)
    .addOption(choice('--flow-table <kind>', 'what they are kept in (default: buckets)', ['lru', 'buckets']))
    .option('--traffic', 'count packets and bytes by frontend and backend')
    .option(
      '--drift-seconds <n>',
      'how often maps are compared with what was written (default: 60; 0: never)',
      parseNumber,
    );
}

/** The flags as options of @lbx/core. */
export function loadBalancerOptions(
  flags: LoadBalancerFlags,
  onNotice: (notice: string) => void,
): LoadBalancerOptions {
  return {
    devices: flags.device ?? [],
    podDevices: flags.podDevice ?? [],
    pins: flags.pins,
    algorithm: flags.algorithm,
    maglevSize: flags.maglevSize,
    wildcards: flags.wildcards,
    rejectWithoutEndpoints: flags.reject,
    externalClusterIP: flags.externalClusterIp === true,
    answerEcho: flags.answerEcho === true,
    onNotice,
    ...given('xdp', flags.xdp),
    ...given('tc', flags.tc),
    ...given('families', flags.family?.map((family) => (family === '6' ? 6 : 4)) as (4 | 6)[] | undefined),
    ...given('cgroup', flags.cgroup === true ? undefined : flags.cgroup),
    ...given('forwarding', flags.forwarding),
    ...given('dsrDispatch', flags.dsrBy),
    ...given('mtu', flags.mtu),
    ...given('snatAddress', flags.snatAddress),
    ...given('snatAddress6', flags.snatAddress6),
    ...given('snatPorts', flags.snatPorts),
    ...given('nodeAddresses', flags.nodeAddress),
    ...given('redirect', flags.redirect),
    ...given('endpoints', flags.endpoints),
    ...given('flows', flags.flows),
    ...given('traffic', flags.traffic),
    ...given('flowTable', flags.flowTable),
    ...given('driftSeconds', flags.driftSeconds === 0 ? false : flags.driftSeconds),
  };
}

function given<N extends keyof LoadBalancerOptions>(
  name: N,
  value: LoadBalancerOptions[N] | undefined,
): Pick<LoadBalancerOptions, N> | undefined {
  return value === undefined ? undefined : ({ [name]: value } as Pick<LoadBalancerOptions, N>);
}

function parsePorts(text: string): readonly [number, number] {
  const [, from, to] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  if (from === undefined || to === undefined)
    throw new InvalidArgumentError('say FROM-TO, such as 10000-29999');
  return [Number(from), Number(to)];
}
