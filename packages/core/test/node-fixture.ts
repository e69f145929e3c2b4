import { join } from 'node:path';
import { flowCatalog, serviceCatalog } from '@lbx/maps';
import {
  type BpffsFolder,
  type Cgroup,
  createBpffsFolder,
  createCgroup,
  createNetns,
  createVethPair,
  type Netns,
} from '@lbx/testing';
import { BpfMap, inNetns } from 'libbpf-ts';
import { localAddressLayout } from '../src/derived/local-addresses.ts';
import {
  createKernelTable,
  createLoadBalancer,
  type LoadBalancer,
  type LoadBalancerOptions,
  removePinned,
} from '../src/index.ts';

/** A node with one device, a network at its other end, and load balancers in this process. */
export interface NodeFixture extends Disposable {
  readonly node: Netns;
  readonly lan: Netns;
  readonly pins: string;
  /** What load balancers told meanwhile. */
  readonly notices: string[];
  inside<T>(act: () => T): T;
  ip(...args: string[]): string;
  /** Addresses that sockets take for the node's own. */
  ownAddresses(): string[];
  /** Flags in the metadata of the backend with this IPv4 address. */
  backendFlags(address: string): number | undefined;
  /** Closed with the fixture. */
  start(options?: LoadBalancerOptions): LoadBalancer;
}

export function createNodeFixture(label: string): NodeFixture {
  const node = createNetns(label);
  const lan = createNetns(`${label}-lan`);
  const folder: BpffsFolder = createBpffsFolder(label);
  const cgroup: Cgroup = createCgroup(label);
  const pins = join(folder.path, 'lbx');
  const open: LoadBalancer[] = [];
  const notices: string[] = [];
  const inside = <T>(act: () => T): T => inNetns(node.path, act);
  createVethPair(
    { ns: node, device: 'eth0', addresses: ['192.0.2.1/24', '2001:db8::1/64'] },
    { ns: lan, device: 'eth0', addresses: ['192.0.2.2/24', '2001:db8::2/64'] },
  );
  node.sysctl('net.ipv4.ip_forward', 1);
  node.sysctl('net.ipv6.conf.all.forwarding', 1);
  return {
    node,
    lan,
    pins,
    notices,
    inside,
    ip: (...args) => node.exec('ip', args),
    ownAddresses() {
      using map = BpfMap.openPinned(join(pins, 'lbx_local_addrs'));
      const table = createKernelTable(map, localAddressLayout);
      return [...table.entries()].map(([{ address }]) => address.replace(/^::ffff:(?=.*\.)/, ''));
    },
    backendFlags(address) {
      using backends = BpfMap.openPinned(join(pins, 'lb4_backends_v3'));
      using meta = BpfMap.openPinned(join(pins, 'lbx_backend_meta'));
      const entries = createKernelTable(backends, serviceCatalog.lb4_backends_v3).entries();
      const found = [...entries].find(([, backend]) => backend.address === address);
      return found && createKernelTable(meta, flowCatalog.lbx_backend_meta).get(found[0])?.flags;
    },
    start(options = {}) {
      const loadBalancer = inside(() =>
        createLoadBalancer({
          devices: ['eth0'],
          cgroup: cgroup.path,
          pins,
          onNotice: (notice) => notices.push(notice),
          ...options,
        }),
      );
      open.push(loadBalancer);
      return loadBalancer;
    },
    [Symbol.dispose]() {
      for (const loadBalancer of open) loadBalancer.close();
      inside(() => removePinned(pins));
      cgroup.close();
      folder.close();
      node.close();
      lan.close();
    },
  };
}
