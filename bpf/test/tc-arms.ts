import type { Frontend } from '@lbx/maps';
import { createNetns, createVethPair, type Netns, type ParsedPacket, parsePacket } from '@lbx/testing';
import type { BpfObject, VariableValue } from 'libbpf-ts';
import { flowMapSizes, flowSettings, flowTableKind, otherFlowTable } from './flow-map.ts';
import { loadBeside, loadFirst } from './load-beside.ts';
import { finish, openVnetSocket, type SkbFrame, type VnetSocket } from './vnet-socket.ts';
import { address, type Family, hertz } from './xdp-lab.ts';
import { enterNetns } from './xdp-netns.ts';
import { createXdpTables } from './xdp-tables.ts';

const FLOWS = 4096;

const links = {
  clientMac: '02:00:00:00:01:05',
  nodeMac: '02:00:00:00:01:01',
  insideMac: '02:00:00:00:02:01',
  backendMac: '02:00:00:00:02:0a',
} as const;

/** A node between two links: a client on eth0, a backend on eth1. `inside`: the node on the backend's link, and the source there. */
export const armsOf = {
  4: {
    ...links,
    client: '192.0.2.5',
    node: '192.0.2.1',
    inside: '203.0.113.1',
    backend: '203.0.113.10',
    service: '198.51.100.1',
    net: 24,
    alone: 32,
  },
  6: {
    ...links,
    client: '2001:db8:1::5',
    node: '2001:db8:1::1',
    inside: '2001:db8:2::1',
    backend: '2001:db8:2::10',
    service: '2001:db8:4::1',
    net: 64,
    alone: 128,
  },
} as const;

export interface Arms extends Disposable {
  readonly node: Netns;
  readonly client: Netns;
  readonly backend: Netns;
  readonly xdp: BpfObject;
  readonly tc: BpfObject;
  readonly clientSocket: VnetSocket;
  readonly backendSocket: VnetSocket;
  apply(frontends: readonly Frontend[]): void;
}

export interface ArmsOptions {
  /** 4 */
  readonly family?: Family;
  readonly frontends: readonly Frontend[];
  /** Attach lbx_xdp in front, on both devices. */
  readonly withXdp?: boolean;
  readonly mtu?: number;
  /** Devices leave checksums and segments to whoever comes after them, as most do (false: as createVethPair says). */
  readonly offload?: boolean;
  readonly variables?: Readonly<Record<string, VariableValue>>;
  /** The ends have their addresses, and sockets; otherwise nobody there answers but the test. */
  readonly sockets?: boolean;
  /** The node must find link addresses itself. */
  readonly resolve?: boolean;
}

export function createArms(options: ArmsOptions): Arms {
  const stack = new DisposableStack();
  try {
    return fillArms(stack, options);
  } catch (error) {
    stack.dispose();
    throw error;
  }
}

function fillArms(stack: DisposableStack, options: ArmsOptions): Arms {
  const { family = 4 } = options;
  const arms = armsOf[family];
  const [client, node, backend] = ['client', 'node', 'backend'].map((name) =>
    stack.use(createNetns(`arms-${name}`)),
  ) as [Netns, Netns, Netns];
  const veth = options.mtu ? { mtu: options.mtu } : {};
  const end = (own: string) => (options.sockets ? [`${own}/${arms.net}`] : []);
  createVethPair(
    { ns: client, device: 'eth0', mac: arms.clientMac, addresses: end(arms.client) },
    { ns: node, device: 'eth0', mac: arms.nodeMac, addresses: [`${arms.node}/${arms.net}`] },
    veth,
  );
  createVethPair(
    { ns: node, device: 'eth1', mac: arms.insideMac, addresses: [`${arms.inside}/${arms.net}`] },
    { ns: backend, device: 'eth0', mac: arms.backendMac, addresses: end(arms.backend) },
    veth,
  );
  if (options.offload) {
    for (const [ns, device] of [
      [client, 'eth0'],
      [node, 'eth0'],
      [node, 'eth1'],
      [backend, 'eth0'],
    ] as const) {
      ns.exec('ethtool', ['-K', device, 'tx', 'on', 'tso', 'on', 'gso', 'on']);
    }
  }
  node.sysctl('net.ipv4.ip_forward', 1);
  node.sysctl('net.ipv6.conf.all.forwarding', 1);
  if (options.sockets) client.addRoute(`${arms.service}/${arms.alone}`, { via: arms.node });
  if (!options.resolve) {
    node.addNeighbour('eth0', arms.client, arms.clientMac);
    node.addNeighbour('eth1', arms.backend, arms.backendMac);
  }

  // Each family with another table for its flows.
  const flowTable = family === 4 ? flowTableKind : otherFlowTable;
  const settings = {
    ...flowSettings(flowTable, FLOWS),
    lbx_hz: hertz(),
    [`lbx_snat_addr${family}`]: address(arms.inside),
    lbx_tc_behind: options.withXdp ? 1 : 0,
    ...options.variables,
  };
  const xdp4 = stack.use(loadFirst('xdp4', settings, flowMapSizes(flowTable, 4, FLOWS)));
  const tc4 = stack.use(loadBeside(xdp4, 'tc4', settings));
  const xdp =
    family === 4 ? xdp4 : stack.use(loadBeside([xdp4], 'xdp6', settings, flowMapSizes(flowTable, 6, FLOWS)));
  const tc = family === 4 ? tc4 : stack.use(loadBeside([tc4, xdp, xdp4], 'tc6', settings));
  const indexOf = (ns: Netns, device: string) => ns.device(device).index;
  {
    using _node = enterNetns(node);
    for (const device of ['eth0', 'eth1']) {
      const ifindex = indexOf(node, device);
      if (options.withXdp) stack.use(xdp4.program('lbx_xdp').attachXdp({ ifindex, mode: 'native' }));
      stack.use(tc4.program('lbx_tc_ingress').attachTc({ ifindex, direction: 'ingress' }));
      stack.use(tc4.program('lbx_tc_egress').attachTc({ ifindex, direction: 'egress' }));
    }
  }
  const open = (ns: Netns) => {
    using _there = enterNetns(ns);
    return stack.use(openVnetSocket(indexOf(ns, 'eth0')));
  };
  const tables = createXdpTables(xdp, {
    nodeAddresses: [arms.node],
    derived: true,
    wildcards: true,
  });
  tables.apply(options.frontends);
  return {
    node,
    client,
    backend,
    xdp,
    tc,
    clientSocket: open(client),
    backendSocket: open(backend),
    apply: (frontends) => tables.apply(frontends),
    [Symbol.dispose]: () => stack.dispose(),
  };
}

/** What a frame says when its checksum is finished. */
export function read(frame: SkbFrame | undefined): ParsedPacket {
  if (!frame) throw new Error('nothing arrived');
  return parsePacket(finish(frame));
}
