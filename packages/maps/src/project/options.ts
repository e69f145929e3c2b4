import type { ServiceMapName } from '../catalog.ts';
import { readAddress } from '../model/address.ts';
import type { SizeKnobs } from './map-full-error.ts';

/** What holds for all frontends of a node. */
export interface ProjectOptions {
  /** Addresses of this node: NodePort frontends on 0.0.0.0 or :: get an entry for each of their family. */
  readonly nodeAddresses?: readonly string[];
  /** How backends are chosen; `random` when absent. */
  readonly algorithm?: 'random' | 'maglev';
  /** Entries of a Maglev table, a prime; 16381 when absent. */
  readonly maglevSize?: number;
  /** Base64 of 12 bytes; Cilium's default seed when absent. */
  readonly maglevSeed?: string;
  /** How packets get to backends on other nodes; `hybrid` is DSR for TCP only. `snat` when absent. */
  readonly forwarding?: 'snat' | 'dsr' | 'hybrid';
  /** Drop traffic to the address of a LoadBalancer or ClusterIP on ports that it has not (true when absent). */
  readonly wildcards?: boolean;
  /**
   * Whose addresses `wildcards` closes, among services without a load balancer class: all (true when absent), or none,
   * because somebody else hands out their addresses.
   */
  readonly wildcardsWithoutClass?: boolean;
  /** Let traffic from outside the node use ClusterIPs. */
  readonly externalClusterIP?: boolean;
  /** Source ranges hold for all types of frontends, not only LoadBalancer and ExternalIP. */
  readonly sourceRangesForAllTypes?: boolean;
  /** Is the `algorithm` of a frontend looked at? True when absent. */
  readonly perServiceAlgorithm?: boolean;
  /** Is the `forwarding` of a frontend looked at? True when absent. */
  readonly perServiceForwarding?: boolean;
  /** Families to write; both when absent. */
  readonly ipv4?: boolean;
  readonly ipv6?: boolean;
  /** Write NodePorts, HostPorts and LoadBalancers (true when absent); when false, kube-proxy has them. */
  readonly replacesKubeProxy?: boolean;
  /** Ports kept for NodePorts, first and last; 30000 to 32767 when absent. */
  readonly nodePortRange?: readonly [number, number];
  /** Sizes of maps: a frontend whose entries have no room is refused whole. Absent maps are not looked at. */
  readonly maxEntries?: Readonly<Partial<Record<ServiceMapName, number>>>;
  readonly knobs?: SizeKnobs;
}

/** ProjectOptions with all defaults filled in and addresses canonical. */
export type ResolvedOptions = Required<Omit<ProjectOptions, 'maglevSeed'>> &
  Pick<ProjectOptions, 'maglevSeed'>;

/** Fills in the defaults. Node addresses that are none are left out; the others are sorted, IPv4 first. */
export function resolveOptions(options: ProjectOptions): ResolvedOptions {
  const addresses = (options.nodeAddresses ?? []).flatMap((text) => readAddress(text) ?? []);
  addresses.sort((a, b) => a.family - b.family || (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
  return {
    algorithm: 'random',
    maglevSize: 16381,
    forwarding: 'snat',
    wildcards: true,
    wildcardsWithoutClass: true,
    externalClusterIP: false,
    sourceRangesForAllTypes: false,
    perServiceAlgorithm: true,
    perServiceForwarding: true,
    ipv4: true,
    ipv6: true,
    replacesKubeProxy: true,
    nodePortRange: [30000, 32767],
    maxEntries: {},
    knobs: {},
    ...options,
    nodeAddresses: [...new Set(addresses.map(({ text }) => text))],
  };
}
