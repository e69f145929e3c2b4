import { existsSync, readFileSync } from 'node:fs';
import {
  findCgroup2,
  inspectPins,
  type LocalAddress,
  localAddresses,
  type PinnedState,
  pinnedProgramNames,
} from '@lbx/core';
import { type ClusterProbe, probeCluster } from '@lbx/k8s-sync';
import { Network, type NetworkDevice } from 'libbpf-ts';
import { clusterAccess } from '../agent/agent-source.ts';
import type { DoctorOptions } from './doctor-options.ts';

/** Options, and what several checks look at; each read once. */
export interface DoctorContext {
  readonly options: DoctorOptions;
  readonly isRoot: boolean;
  readonly allDevices: readonly NetworkDevice[];
  readonly addresses: readonly LocalAddress[];
  /** Names of the devices that are looked at, and why these. */
  readonly devices: readonly string[];
  readonly devicesFrom: 'named' | 'pinned' | 'addresses';
  /** Where sockets are looked at; undefined: no cgroup v2, or not wanted. */
  readonly cgroup: string | undefined;
  /** What is pinned; undefined: nothing. Needs root. */
  readonly pinned: PinnedState | undefined;
  /** What the API server says that services are to come from; undefined: none was named. Asked once, when it is first read. */
  readonly cluster: Promise<ClusterProbe> | undefined;
  /** The programs of a hook; those of ours have their names also where the kernel does not tell them. */
  named<P extends { readonly programId?: number; readonly programName?: string }>(
    programs: readonly P[],
  ): P[];
  /** A file's text without the last line break; undefined when it cannot be read. */
  read(path: string): string | undefined;
}

export function createContext(options: DoctorOptions): DoctorContext {
  const allDevices = listDevices();
  const isRoot = process.getuid?.() === 0;
  const cached = <T>(make: () => T) => {
    let made: { readonly value: T } | undefined;
    return () => {
      made ??= { value: make() };
      return made.value;
    };
  };
  const addresses = cached(() => localAddresses());
  const pinned = cached(() => inspectPins(options.pins));
  const chosen = cached(() =>
    chooseDevices(options, allDevices, addresses, () => (isRoot ? quietly(pinned) : undefined)),
  );
  const ours = cached(() => quietly(() => pinnedProgramNames(options.pins)));
  const cluster = cached(() => askCluster(options));
  return {
    options,
    isRoot,
    allDevices,
    get addresses() {
      return addresses();
    },
    get devices() {
      return chosen().devices;
    },
    get devicesFrom() {
      return chosen().from;
    },
    get pinned() {
      return pinned();
    },
    get cluster() {
      return namesCluster(options) ? cluster() : undefined;
    },
    cgroup: options.cgroup === false ? undefined : options.cgroup === true ? findCgroup2() : options.cgroup,
    named: (programs) =>
      programs.map((program) => {
        const programName = program.programName ?? ours()?.get(program.programId ?? 0);
        return programName === undefined ? program : { ...program, programName };
      }),
    read: readText,
  };
}

/** Do the options name an API server? */
const namesCluster = ({ kubeconfig, inCluster, apiServer }: DoctorOptions) =>
  kubeconfig !== undefined || inCluster || apiServer !== undefined;

async function askCluster(options: DoctorOptions): Promise<ClusterProbe> {
  const { node, hostPorts } = options;
  try {
    const access = clusterAccess(options);
    if (access !== undefined)
      return await probeCluster({
        ...access,
        pods: hostPorts,
        ...(node === undefined ? {} : { nodeName: node }),
      });
    throw new Error('no API server was named');
  } catch (error) {
    return { failure: { step: 'access', message: (error as Error).message }, rights: [], otherNodes: [] };
  }
}

function listDevices(): NetworkDevice[] {
  using network = new Network();
  return network.devices();
}

/** What pods and bridges have is no way into the node. */
const inner: ReadonlySet<string> = new Set([
  'veth',
  'bridge',
  'dummy',
  'tun',
  'ipip',
  'vxlan',
  'geneve',
  'wireguard',
]);

/** Those that are named, else those that an lbx is attached to, else those that are up and have an address for others. */
function chooseDevices(
  { devices }: DoctorOptions,
  all: readonly NetworkDevice[],
  addresses: () => readonly LocalAddress[],
  pinned: () => PinnedState | undefined,
): { readonly devices: readonly string[]; readonly from: DoctorContext['devicesFrom'] } {
  if (devices !== undefined && devices.length > 0) return { devices, from: 'named' };
  const ifindexes = new Set(
    (pinned()?.links ?? [])
      .filter(({ name }) => /^(xdp|tc_ingress|tc_egress)_/.test(name))
      .map(({ info }) => info.ifindex),
  );
  const attached = all.filter(({ ifindex }) => ifindexes.has(ifindex)).map(({ name }) => name);
  if (attached.length > 0) return { devices: attached, from: 'pinned' };
  const usable = all.filter(
    ({ name, isUp, isLoopback, kind }) =>
      isUp &&
      !isLoopback &&
      !inner.has(kind ?? '') &&
      addresses().some(({ device, address }) => device === name && !/^(fe[89ab]|169\.254\.)/i.test(address)),
  );
  return { devices: usable.map(({ name }) => name), from: 'addresses' };
}

function readText(path: string): string | undefined {
  try {
    return existsSync(path) ? readFileSync(path, 'utf8').trimEnd() : undefined;
  } catch {
    return undefined;
  }
}

function quietly<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
