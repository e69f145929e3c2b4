import type { Frontend } from '@lbx/maps';
import {
  createNetns,
  createVethPair,
  type Netns,
  type PacketBuilder,
  type ParsedPacket,
  parsePacket,
} from '@lbx/testing';
import type { BpfObject, VariableValue } from 'libbpf-ts';
import { flowMapSizes, flowSettings, flowTableKind, otherFlowTable } from './flow-map.ts';
import { loadBeside, loadFirst } from './load-beside.ts';
import { address, type Family, hertz } from './xdp-lab.ts';
import { enterNetns } from './xdp-netns.ts';
import { createXdpTables } from './xdp-tables.ts';

const FLOWS = 4096;

/** A node with two pods, and a host that its services have a backend on. */
export const pods = {
  4: {
    node: '192.0.2.1',
    host: '192.0.2.10',
    /** The node's end of every pod's device. */
    gateway: '198.51.100.129',
    a: '198.51.100.130',
    b: '198.51.100.131',
    service: '203.0.113.80',
    hairpin: '192.0.2.250',
    net: 24,
    alone: 32,
    others: '192.0.2.0/24',
  },
  6: {
    node: '2001:db8:1::1',
    host: '2001:db8:1::10',
    gateway: '2001:db8:5::1',
    a: '2001:db8:5::a',
    b: '2001:db8:5::b',
    service: '2001:db8:4::80',
    hairpin: '2001:db8:1::250',
    net: 64,
    alone: 128,
    others: '2001:db8:1::/64',
  },
} as const;

export interface Ran {
  readonly verdict: 'pass' | 'drop' | 'turned' | number;
  readonly bytes: Uint8Array;
  readonly packet: ParsedPacket;
  /** It came out as it went in. */
  readonly isUntouched: boolean;
}

const VERDICTS: Readonly<Record<number, Ran['verdict']>> = { 4294967295: 'pass', 2: 'drop', 7: 'turned' };

export interface PodLab extends Disposable {
  readonly node: Netns;
  readonly host: Netns;
  readonly a: Netns;
  readonly b: Netns;
  readonly object: BpfObject;
  /** One frame out of a pod, or into it, without a device. `turned`: back where it came from. */
  run(way: 'out' | 'in', packet: PacketBuilder | Uint8Array): Ran;
  apply(frontends: readonly Frontend[]): void;
}

/** `lbx_tc_from_pod` and `lbx_tc_to_pod` on both pods' devices; with `clients`, tc programs on the node's own too. */
export function createPodLab(
  family: Family,
  variables: Readonly<Record<string, VariableValue>> = {},
  { clients = false }: { readonly clients?: boolean } = {},
): PodLab {
  const stack = new DisposableStack();
  try {
    return fill(stack, family, variables, clients);
  } catch (error) {
    stack.dispose();
    throw error;
  }
}

function fill(
  stack: DisposableStack,
  family: Family,
  variables: Readonly<Record<string, VariableValue>>,
  clients: boolean,
): PodLab {
  const at = pods[family];
  const [node, host, a, b] = ['node', 'host', 'a', 'b'].map((name) =>
    stack.use(createNetns(`pods-${name}`)),
  ) as [Netns, Netns, Netns, Netns];
  node.sysctl('net.ipv4.ip_forward', 1);
  node.sysctl('net.ipv6.conf.all.forwarding', 1);
  createVethPair(
    { ns: node, device: 'eth0', addresses: [`${at.node}/${at.net}`] },
    { ns: host, device: 'eth0', addresses: [`${at.host}/${at.net}`] },
    { staticNeighbours: true },
  );
  for (const [ns, device, own] of [
    [a, 'pod-a', at.a],
    [b, 'pod-b', at.b],
  ] as const) {
    createVethPair(
      { ns: node, device, addresses: [`${at.gateway}/${at.alone}`] },
      { ns, device: 'eth0', addresses: [`${own}/${at.alone}`] },
    );
    // As veth is by default: checksums and segments are left to the device, at both ends.
    ns.exec('ethtool', ['-K', 'eth0', 'tx', 'on', 'tso', 'on', 'gso', 'on']);
    node.exec('ethtool', ['-K', device, 'tx', 'on', 'tso', 'on', 'gso', 'on']);
    node.addRoute(`${own}/${at.alone}`, { device });
    ns.addRoute(`${at.gateway}/${at.alone}`, { device: 'eth0' });
    for (const to of [at.a, at.b, at.service].filter((to) => to !== own))
      ns.addRoute(`${to}/${at.alone}`, { via: at.gateway });
    ns.addRoute(at.others, { via: at.gateway });
    host.addRoute(`${own}/${at.alone}`, { via: at.node });
  }
  // Each family with another table for its flows.
  const flowTable = family === 4 ? flowTableKind : otherFlowTable;
  const settings = {
    ...flowSettings(flowTable, FLOWS),
    lbx_hz: hertz(),
    [`lbx_hairpin_addr${family}`]: address(at.hairpin),
    ...variables,
  };
  const pod4 = stack.use(loadFirst('pod4', settings, flowMapSizes(flowTable, 4, FLOWS)));
  const object =
    family === 4 ? pod4 : stack.use(loadBeside([pod4], 'pod6', settings, flowMapSizes(flowTable, 6, FLOWS)));
  const local = object.map('lbx_local_addrs');
  const bytes = Buffer.alloc(16);
  if (family === 4) bytes.set([0xff, 0xff, ...at.node.split('.').map(Number)], 10);
  else bytes.set(address(at.node) as Uint8Array);
  local.set(bytes, new Uint8Array(4));
  if (clients) {
    host.addRoute(`${at.service}/${at.alone}`, { via: at.node });
    const tc4 = stack.use(loadBeside([pod4, object], 'tc4', settings));
    if (family === 6) stack.use(loadBeside([tc4, object, pod4], 'tc6', settings));
    using _node = enterNetns(node);
    const { index: ifindex } = node.device('eth0');
    stack.use(tc4.program('lbx_tc_ingress').attachTc({ ifindex, direction: 'ingress' }));
    stack.use(tc4.program('lbx_tc_egress').attachTc({ ifindex, direction: 'egress' }));
  }
  {
    using _node = enterNetns(node);
    for (const device of ['pod-a', 'pod-b']) {
      const { index: ifindex } = node.device(device);
      stack.use(pod4.program('lbx_tc_from_pod').attachTc({ ifindex, direction: 'ingress' }));
      stack.use(pod4.program('lbx_tc_to_pod').attachTc({ ifindex, direction: 'egress' }));
    }
  }
  const tables = createXdpTables(object, { nodeAddresses: [at.node], derived: true, wildcards: true });
  return {
    node,
    host,
    a,
    b,
    object,
    run(way, packet) {
      const data = packet instanceof Uint8Array ? packet : packet.bytes();
      const program = pod4.program(way === 'out' ? 'lbx_tc_from_pod' : 'lbx_tc_to_pod');
      const { retval, data: bytes } = program.testRun({ data, checksumComplete: true });
      return {
        verdict: VERDICTS[retval >>> 0] ?? retval,
        bytes,
        packet: parsePacket(bytes),
        isUntouched: Buffer.compare(bytes, data) === 0,
      };
    },
    apply: (frontends) => tables.apply(frontends),
    [Symbol.dispose]: () => stack.dispose(),
  };
}
