import type { AgentSettings, OptionKey } from '../agent/options/agent-options.ts';
import { bindPlaces } from '../agent/options/option-types/network.ts';

export type XdpChoice = 'auto' | 'native' | 'generic' | 'off';

/** What lbx is to be used for on this node; as the agent's options of these names. */
export interface DoctorOptions {
  readonly devices?: readonly string[];
  readonly xdp: XdpChoice | Readonly<Record<string, XdpChoice>>;
  /** A folder, true for the cgroup v2 root, false for no socket load balancing. */
  readonly cgroup: string | boolean;
  readonly pins: string;
  readonly forwarding: 'snat' | 'dsr' | 'hybrid';
  readonly dsrBy: 'option' | 'ipip';
  readonly snatPorts?: readonly [number, number];
  readonly nodePortRange: readonly [number, number];
  /** Attach a program that passes everything to the XDP hook of devices where it is free, for a moment. */
  readonly tryXdp: boolean;
  /** Nothing outside of this container is meant: that its cgroup namespace hides the rest is no fault. */
  readonly sandbox: boolean;
  /** Name of the Node. */
  readonly node?: string;
  readonly kubeconfig?: string;
  readonly inCluster: boolean;
  readonly apiServer?: string;
  readonly hostPorts: boolean;
  /** Where the agent's health check is, or that of another service proxy. */
  readonly healthz: readonly { readonly address: string; readonly port: number }[];
}

/** Options of the agent that make a difference to some check; the others are taken, so that its command line is. */
export const doctorKeys: ReadonlySet<OptionKey> = new Set([
  'node',
  'kubeconfig',
  'inCluster',
  'apiServer',
  'hostPorts',
  'healthzBindAddress',
  'device',
  'xdp',
  'cgroup',
  'pins',
  'forwarding',
  'dsrBy',
  'snatPorts',
  'nodePortRange',
]);

/** The agent's settings as the doctor takes them. */
export function doctorOptions(
  settings: AgentSettings,
  { tryXdp = false, sandbox = false }: { readonly tryXdp?: boolean; readonly sandbox?: boolean } = {},
): DoctorOptions {
  const { device, cgroup, pins, snatPorts, node, kubeconfig, apiServer } = settings;
  const { xdp, forwarding, dsrBy, nodePortRange, inCluster, hostPorts, healthzBindAddress } = settings;
  return {
    xdp,
    cgroup: cgroup ?? true,
    pins: String(pins),
    forwarding,
    dsrBy,
    nodePortRange,
    tryXdp,
    sandbox,
    inCluster,
    hostPorts,
    healthz: bindPlaces(healthzBindAddress),
    ...(device.length === 0 ? {} : { devices: device }),
    ...(snatPorts === undefined ? {} : { snatPorts }),
    ...(node === undefined ? {} : { node }),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(apiServer === undefined ? {} : { apiServer }),
  };
}
