import { type Frontend, ipv6, type ReasonName, reasons, snatPrime } from '@lbx/maps';
import {
  createNetns,
  createVethPair,
  type PacketBuilder,
  type ParsedPacket,
  parsePacket,
  skbContext,
  xdpContext,
} from '@lbx/testing';
import type { BpfMap, BpfObject, BpfProgram, Link, VariableValue } from 'libbpf-ts';
import {
  type FlowTableKind,
  flowMapSizes,
  flowSettings,
  flowTableKind,
  openFlowMap,
  otherFlowTable,
} from './flow-map.ts';
import { emptyMap, lendObjects } from './lab-objects.ts';
import { openTicks } from './ticks.ts';
import { enterNetns } from './xdp-netns.ts';
import { createXdpTables, type XdpTables } from './xdp-tables.ts';

export { skbContext, xdpContext };

export type Family = 4 | 6;
export const families = [4, 6] as const satisfies Family[];

const links = {
  nodeMac: '02:00:00:00:02:01',
  routerMac: '02:00:00:00:02:fe',
  /** Of the remote backends: …:0a to …:13. */
  backendMac: (n: number) => `02:00:00:00:02:${(10 + n).toString(16).padStart(2, '0')}`,
} as const;

/** Where everything is. The node has one device; clients are behind a router, backends on the link. */
export const places = {
  4: {
    ...links,
    node: '192.0.2.1',
    nodeNet: 24,
    router: '192.0.2.254',
    client: '203.0.113.5',
    /** Others of the client's network. */
    clientAt: (n: number) => `203.0.113.${n}`,
    clients: '203.0.113.0/24',
    /** Remote backends .10 to .19. */
    backend: (n: number) => `192.0.2.${10 + n}`,
    /** A host that nobody has heard of, on the link. */
    unknown: '192.0.2.99',
    /** A pod on the node: routed to another device. */
    pod: '198.51.100.130',
    otherPod: '198.51.100.131',
    pods: '198.51.100.128/25',
    loadBalancer: '198.51.100.1',
    external: '198.51.100.9',
    clusterIp: '198.51.100.65',
    /** An address without services and without a route. */
    stranger: '198.51.100.77',
    strangerToo: '198.51.100.78',
  },
  6: {
    ...links,
    node: '2001:db8:1::1',
    nodeNet: 64,
    router: '2001:db8:1::fe',
    client: '2001:db8:3::5',
    clientAt: (n: number) => `2001:db8:3::${n === 0 ? 'ffff' : n.toString(16)}`,
    clients: '2001:db8:3::/64',
    backend: (n: number) => `2001:db8:1::${10 + n}`,
    unknown: '2001:db8:1::99',
    pod: '2001:db8:5::130',
    otherPod: '2001:db8:5::131',
    pods: '2001:db8:5::/64',
    loadBalancer: '2001:db8:4::1',
    external: '2001:db8:4::9',
    clusterIp: '2001:db8:4::65',
    stranger: '2001:db8:4::77',
    strangerToo: '2001:db8:4::78',
  },
} as const;
export type Place = (typeof places)[Family];

/** The same for tests that know IPv4 only. */
export const place = places[4];

/** The hooks at which packets come in; both do the same. */
export type Hook = 'xdp' | 'tc';
export const hooks = ['xdp', 'tc'] as const satisfies Hook[];

/** For tests that hold in either family and at either hook. */
export const everywhere = families.flatMap((family) => hooks.map((hook) => ({ family, hook })));

export interface LabOptions {
  /** Of the services and packets (4). */
  readonly family?: Family;
  readonly frontends?: readonly Frontend[];
  readonly algorithm?: 'random' | 'maglev';
  readonly wildcards?: boolean;
  /** Is lbx_backend_meta kept (true)? */
  readonly derived?: boolean;
  readonly gate?: boolean;
  readonly snatPorts?: readonly [number, number];
  readonly variables?: Readonly<Record<string, VariableValue>>;
  readonly flows?: number;
  /** Elements of the maps that count traffic by frontend and backend (1: none are). */
  readonly traffic?: number;
  /** Unless given, one kind for IPv4 at XDP and IPv6 at tc and the other for the rest: tests that run everywhere meet both. */
  readonly flowTable?: FlowTableKind;
  /** 64-bit words of the gate (1024). */
  readonly gateWords?: number;
  /** The program that gets the packets of `send` (xdp): `lbx_xdp` or `lbx_tc_ingress`. */
  readonly hook?: Hook;
  /**
   * At tc: packets come with a sum made by the device, which has to stay right. Not for packets whose end moves: the
   * kernel forgets the sum then, but test runs compare it all the same.
   */
  readonly checksumComplete?: boolean;
}

/** What became of a packet. */
export interface Sent {
  readonly verdict: 'pass' | 'drop' | 'tx' | number;
  readonly bytes: Uint8Array;
  readonly packet: ParsedPacket;
  /** The IP header of either family; nothing else has one. */
  readonly ip: { readonly src: string; readonly dst: string; readonly ttl: number };
  /** The packet came out as it went in. */
  readonly isUntouched: boolean;
  /** What was counted, notes included. */
  readonly counted: readonly ReasonName[];
}

/** XDP and tc programs loaded with maps of their own, a namespace with routes and neighbours, and services. */
export interface Lab extends Disposable {
  /** The objects of the family. */
  readonly xdp: BpfObject;
  readonly tc: BpfObject;
  /** The program that is attached: IPv4's, of whatever family the packets are. */
  readonly entry: BpfProgram;
  /** What packets come in by, at tc. */
  readonly ingress: BpfProgram;
  /** What packets leave by, at tc. */
  readonly egress: BpfProgram;
  readonly tables: XdpTables;
  readonly ifindex: number;
  /** One frame into the node's device. `tx`: sent again, by that device or (tc) another one. */
  send(packet: PacketBuilder | Uint8Array): Sent;
  /** One frame that leaves through it: `pass` or `drop`. */
  leave(packet: PacketBuilder | Uint8Array): Sent;
  /** Packets counted under a reason so far, all CPUs. */
  count(reason: ReasonName): number;
  apply(frontends: readonly Frontend[]): void;
  /** Forgets all flows, routes and affinities, and puts neighbours and routes back as they were in the beginning. */
  forget(): void;
  /** Runs `ip ARGUMENTS` in the node's namespace. */
  ip(args: string): string;
  sysctl(name: string, value: string | number): void;
  close(): void;
}

export const MAGLEV_SIZE = 251;
const maglevTable = { type: 'array', keySize: 4, valueSize: MAGLEV_SIZE * 4, maxEntries: 1 } as const;
const XDP_VERDICTS: Record<number, Sent['verdict']> = { 1: 'drop', 2: 'pass', 3: 'tx' };
const TC_VERDICTS: Record<number, Sent['verdict']> = { 4294967295: 'pass', 2: 'drop', 7: 'tx' };

export function createLab(options: LabOptions = {}): Lab {
  const stack = new DisposableStack();
  try {
    return fillLab(stack, options);
  } catch (error) {
    stack.dispose();
    throw error;
  }
}

function fillLab(stack: DisposableStack, options: LabOptions): Lab {
  const {
    algorithm = 'random',
    derived = true,
    gate = true,
    snatPorts = [40000, 40999],
    gateWords = 1024,
    hook = 'xdp',
    checksumComplete = true,
    family = 4,
    flows = 4096,
    flowTable = (family === 4) === (hook === 'xdp') ? flowTableKind : otherFlowTable,
  } = options;
  const place: Place = places[family];
  const node = stack.use(createNetns('xdp-node'));
  const far = stack.use(createNetns('xdp-far'));
  createVethPair(
    { ns: node, device: 'eth0', mac: place.nodeMac, addresses: [`${place.node}/${place.nodeNet}`] },
    { ns: far, device: 'eth0', mac: place.routerMac, addresses: [`${place.router}/${place.nodeNet}`] },
  );
  node.sysctl('net.ipv4.ip_forward', 1);
  node.sysctl('net.ipv6.conf.all.forwarding', 1);
  const backendLinks = Array.from({ length: 10 }, (_, n) => [place.backend(n), place.backendMac(n)] as const);
  const addRoutes = () => {
    const link = ([ip, mac]: readonly [string, string]) =>
      `neigh replace ${ip} dev eth0 lladdr ${mac} nud permanent`;
    const lines = [...[[place.router, place.routerMac] as const, ...backendLinks].map(link)];
    lines.push(`route replace ${place.clients} via ${place.router}`);
    node.exec('ip', [`-${family}`, '-batch', '-'], { input: lines.join('\n') });
  };
  addRoutes();
  createVethPair({ ns: node, device: 'pods', addresses: [] }, { ns: far, device: 'pods', addresses: [] });
  node.addRoute(place.pods, { device: 'pods' });
  const { index: ifindex } = node.device('eth0');

  const ports = snatPorts[1] - snatPorts[0] + 1;
  const traffic =
    options.traffic === undefined
      ? undefined
      : {
          settings: { lbx_traffic_on: true },
          maps: {
            lbx_frontend_traffic: { maxEntries: options.traffic },
            lbx_backend_traffic: { maxEntries: options.traffic },
          },
        };
  const settings = {
    ...flowSettings(flowTable, flows),
    lbx_hz: hertz(),
    lbx_gate_on: gate,
    lbx_gate_mask: gateWords * 64 - 1,
    [`lbx_snat_addr${family}`]: address(place.node),
    lbx_snat_min: snatPorts[0],
    lbx_snat_max: snatPorts[1],
    lbx_snat_prime: snatPrime(ports),
    lbx_derived_on: derived,
    lbx_algorithm: algorithm === 'maglev' ? 2 : 1,
    lbx_maglev_size: MAGLEV_SIZE,
    ...traffic?.settings,
    ...options.variables,
  };
  const objects = stack.use(
    lendObjects({
      family,
      settings,
      maps: {
        lbx_gate: { maxEntries: gateWords },
        lbx_backend_meta: { maxEntries: 4096 },
        lbx_backend_hops: { maxEntries: 4096 },
        lbx_frontend_meta: { maxEntries: 4096 },
        ...flowMapSizes(flowTable, 4, family === 4 ? flows : 1),
        ...flowMapSizes(flowTable, 6, family === 6 ? flows : 1),
        lbx_rev4: { maxEntries: family === 4 ? ports : 1 },
        lbx_rev6: { maxEntries: family === 6 ? ports : 1 },
        ...traffic?.maps,
        lb4_maglev: { innerSpec: maglevTable },
        lb6_maglev: { innerSpec: maglevTable },
      },
    }),
  );
  const { xdp4, xdp } = objects;
  stack.use(enterNetns(node));
  // A device's receive queue is only known to test runs while an XDP program is attached to it.
  const link: Link = stack.use(xdp4.program('lbx_xdp').attachXdp({ ifindex, mode: 'native' }));
  if (!link) throw new Error('not attached');

  const tables = createXdpTables(xdp, {
    algorithm,
    maglevSize: MAGLEV_SIZE,
    nodeAddresses: [place.node],
    wildcards: options.wildcards ?? true,
    derived,
    flows: openFlowMap(xdp, family, flowTable),
  });
  let isChanged = false;
  const counters = () => countsOf(xdp.map('lbx_counters'));

  const lab: Lab = {
    xdp,
    get tc() {
      return objects.tc()[family];
    },
    entry: xdp4.program('lbx_xdp'),
    get ingress() {
      return objects.tc()[4].program('lbx_tc_ingress');
    },
    get egress() {
      return objects.tc()[4].program('lbx_tc_egress');
    },
    tables,
    ifindex,
    send: (packet) => run(packet, hook === 'xdp' ? 'lbx_xdp' : 'lbx_tc_ingress'),
    leave: (packet) => run(packet, 'lbx_tc_egress'),
    count: (name) => counters()[reasons.find((reason) => reason.name === name)!.id]!,
    apply: (frontends) => tables.apply(frontends),
    forget() {
      for (const name of [`lbx_flow${family}`, `lb${family}_affinity`]) tables.clear({ name });
      for (const name of [`lbx_rev${family}`, 'lbx_routes', 'lbx_backend_hops']) emptyMap(xdp.map(name));
      // Only `ip` changes them, and a command takes longer than all the rest.
      if (isChanged) addRoutes();
      isChanged = false;
    },
    ip: (args) => {
      isChanged = true;
      return node.exec('ip', [`-${family}`, ...args.split(' ')]);
    },
    sysctl: (name, value) => void node.sysctl(name, value),
    close: () => stack.dispose(),
    [Symbol.dispose]: () => stack.dispose(),
  };
  if (options.frontends) lab.apply(options.frontends);
  return lab;

  function run(
    packet: PacketBuilder | Uint8Array,
    program: 'lbx_xdp' | 'lbx_tc_ingress' | 'lbx_tc_egress',
  ): Sent {
    const data = packet instanceof Uint8Array ? packet : packet.bytes();
    const before = counters();
    const isXdp = program === 'lbx_xdp';
    const result = isXdp
      ? xdp4.program(program).testRun({ data, ctx: xdpContext(data.length, ifindex) })
      : objects
          .tc()[4]
          .program(program)
          .testRun({ data, ctx: skbContext(ifindex), checksumComplete });
    const verdicts = isXdp ? XDP_VERDICTS : TC_VERDICTS;
    const parsed = parsePacket(result.data);
    const { ipv4, ipv6 } = parsed;
    return {
      verdict: verdicts[result.retval >>> 0] ?? result.retval,
      bytes: result.data,
      packet: parsed,
      ip: ipv6 ? { ...ipv6, ttl: ipv6.hopLimit } : ipv4!,
      isUntouched: Buffer.compare(result.data, data) === 0,
      counted: countedBetween(before, counters()),
    };
  }
}

/** An address as the variables of addresses are given it: bytes, of IPv4 the number that `__be32` has. */
export function address(text: string): number | Uint8Array {
  if (!text.includes(':')) return text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const bytes = new Uint8Array(16);
  ipv6.put(new DataView(bytes.buffer), 0, text);
  return bytes;
}

/** Packets by number of their reason, those of all CPUs. One call of the kernel: it is done twice for each packet. */
function countsOf(counters: BpfMap): number[] {
  const counts: number[] = [];
  for (const { keys, values, count } of counters.readBatches()!) {
    const index = new DataView(keys.buffer, keys.byteOffset);
    const view = new DataView(values.buffer, values.byteOffset);
    for (let i = 0; i < count; i++) {
      let packets = 0;
      for (let at = i * counters.valueBytes; at < (i + 1) * counters.valueBytes; at += counters.valueSize)
        packets += Number(view.getBigUint64(at, true));
      counts[index.getUint32(4 * i, true)] = packets;
    }
  }
  return counts;
}

const countedBetween = (before: readonly number[], after: readonly number[]): ReasonName[] =>
  reasons.flatMap(({ id, name }) => (after[id]! > before[id]! ? [name] : []));

let measured: number | undefined;

/** Jiffies per second, measured with the probe object. */
export function hertz(): number {
  measured ??= measureHertz();
  return measured;
}

function measureHertz(): number {
  using ticks = openTicks();
  const first = ticks.next();
  let last = ticks.next();
  while (last.ms - first.ms < 60) last = ticks.next();
  const rate = (((last.jiffies - first.jiffies) >>> 0) * 1000) / (last.ms - first.ms);
  return [100, 250, 300, 1000].reduce((best, hz) =>
    Math.abs(hz - rate) < Math.abs(best - rate) ? hz : best,
  );
}
