import { isIPv4 } from 'node:net';
import { assertTableSize } from '@lbx/maps';
import { CoreError } from './errors.ts';
import { assertAddress, defaultNodeAddresses, defaultSnatAddress } from './node-addresses.ts';
import { defaultSnatPorts, ephemeralPorts, overlaps } from './snat-ports.ts';

/** What `createLoadBalancer` takes. Ports and ids are numbers, addresses text. */
export interface LoadBalancerOptions {
  /** Network devices (of this network namespace) that get the XDP and the tc egress program. None: no packet is touched. */
  readonly devices?: readonly string[];
  /** cgroup v2 folder whose sockets are balanced at connect(2); default: the cgroup v2 root; false: none. */
  readonly cgroup?: string | false;
  /**
   * Folder in a BPF file system for pins (default `/sys/fs/bpf/lbx`): maps and programs outlive the process, and the
   * next one takes them over. `false`: everything goes when the process ends.
   */
  readonly pins?: string | false;
  /** `native` runs in the driver and is what is meant for use; `generic` works everywhere and is slow. */
  readonly xdpMode?: 'native' | 'generic';
  /** How packets choose among backends; sockets always choose at random. Default `random`. */
  readonly algorithm?: 'random' | 'maglev';
  /** Slots of a Maglev table, a prime; default 16381. */
  readonly maglevSize?: number;
  /** Base64 of 12 bytes; the same on all nodes. Default: Cilium's default. */
  readonly maglevSeed?: string;
  /** Addresses on which NodePorts are served; default: those of `devices`, else all but loopback. */
  readonly nodeAddresses?: readonly string[];
  /** Both ends included; default 30000 to 32767. */
  readonly nodePortRange?: readonly [number, number];
  /** Source of packets to remote backends; default: the first IPv4 address of the first device. */
  readonly snatAddress?: string;
  /**
   * Source ports for them, both ends included. Default: the widest range that meets neither `nodePortRange` nor the ports
   * that the kernel gives to the node's own connections, usually 10000 to 29999.
   */
  readonly snatPorts?: readonly [number, number];
  /** Drop packets to unknown ports of known ClusterIPs and LoadBalancer addresses, as kube-proxy does; default true. */
  readonly wildcards?: boolean;
  /** Serve ClusterIPs to clients outside of the node too; default false. */
  readonly externalClusterIP?: boolean;
  /** Sizes of maps by name, such as `{ lb4_services_v2: 262144 }`. */
  readonly maxEntries?: Readonly<Record<string, number>>;
  /** Told of things that work but deserve a look. Default: nobody. */
  readonly onNotice?: (notice: string) => void;
}

/** The same with all defaults filled in and everything checked. */
export interface ResolvedOptions {
  readonly devices: readonly string[];
  readonly cgroup: string | false | undefined;
  readonly pins: string | false;
  readonly xdpMode: 'native' | 'generic';
  readonly algorithm: 'random' | 'maglev';
  readonly maglevSize: number;
  readonly maglevSeed: string | undefined;
  readonly nodeAddresses: readonly string[];
  readonly nodePortRange: readonly [number, number];
  readonly snatAddress: string | undefined;
  readonly snatPorts: readonly [number, number];
  readonly wildcards: boolean;
  readonly externalClusterIP: boolean;
  readonly maxEntries: Readonly<Record<string, number>>;
  readonly onNotice: (notice: string) => void;
}

/** Default folder of pins. */
export const defaultPins = '/sys/fs/bpf/lbx';

/** Fills in defaults from this network namespace. @throws CoreError `LBX_BAD_OPTION`, `LBX_NO_NODE_ADDRESS`; MaglevError `LBX_MAGLEV_SIZE`. */
export function resolveOptions(options: LoadBalancerOptions): ResolvedOptions {
  const devices = [...new Set(options.devices ?? [])];
  if (options.maglevSize !== undefined) assertTableSize(options.maglevSize);
  const nodeAddresses = options.nodeAddresses ?? defaultNodeAddresses(devices);
  for (const address of nodeAddresses) assertAddress('nodeAddresses', address);
  const nodePortRange = portRange('nodePortRange', options.nodePortRange ?? [30000, 32767]);
  const ephemeral = ephemeralPorts();
  const snatPorts = portRange('snatPorts', options.snatPorts ?? defaultSnatPorts([nodePortRange, ephemeral]));
  if (overlaps(snatPorts, nodePortRange)) {
    throw new CoreError(
      'LBX_BAD_OPTION',
      `snatPorts ${snatPorts.join('-')} overlap nodePortRange ${nodePortRange.join('-')}; a reply could not be told from a request`,
      { snatPorts, nodePortRange },
    );
  }
  if (overlaps(snatPorts, ephemeral)) {
    options.onNotice?.(
      `snatPorts ${snatPorts.join('-')} overlap the node's ephemeral ports ${ephemeral.join('-')}: now and then one of its own connections to a backend will fail`,
    );
  }
  return {
    devices,
    cgroup: options.cgroup,
    pins: options.pins ?? defaultPins,
    xdpMode: options.xdpMode ?? 'native',
    algorithm: options.algorithm ?? 'random',
    maglevSize: options.maglevSize ?? 16381,
    maglevSeed: options.maglevSeed,
    nodeAddresses: [...nodeAddresses],
    nodePortRange,
    snatAddress: snatAddressOf(options, devices),
    snatPorts,
    wildcards: options.wildcards ?? true,
    externalClusterIP: options.externalClusterIP ?? false,
    maxEntries: options.maxEntries ?? {},
    onNotice: options.onNotice ?? (() => {}),
  };
}

function snatAddressOf(options: LoadBalancerOptions, devices: readonly string[]): string | undefined {
  const address = options.snatAddress ?? defaultSnatAddress(devices);
  if (address !== undefined && !isIPv4(address)) {
    throw new CoreError('LBX_BAD_OPTION', `snatAddress: '${address}' is not an IPv4 address`, {
      value: address,
    });
  }
  if (address === undefined && devices.length > 0) {
    throw new CoreError(
      'LBX_NO_NODE_ADDRESS',
      `device ${devices[0]} has no IPv4 address to send from, or is not up; give it one, or name one with snatAddress`,
      { device: devices[0] },
    );
  }
  return address;
}

function portRange(option: string, [from, to]: readonly [number, number]): readonly [number, number] {
  const ok = Number.isInteger(from) && Number.isInteger(to) && from >= 1 && to <= 65535 && from <= to;
  if (ok) return [from, to];
  throw new CoreError(
    'LBX_BAD_OPTION',
    `${option}: ${from}-${to} is no range of ports; use 1 to 65535, low end first`,
    {
      option,
      value: [from, to],
    },
  );
}
