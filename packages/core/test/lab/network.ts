import { objectPath } from '@lbx/bpf';
import { createNetns, type Netns } from '@lbx/testing';
import { inNetns, type Link, load } from 'libbpf-ts';
import { type FamilyAddresses, families, hostPrefix } from './addresses.ts';

/** The namespaces of the lab; each but the switch has a device `eth0` towards the others, and nodes have `eth1`. */
export interface Network extends Disposable {
  readonly client: Netns;
  readonly node1: Netns;
  readonly node2: Netns;
  /** Pods of node 1 and of node 2: one namespace has all addresses of a node's pods. */
  readonly pods1: Netns;
  readonly pods2: Netns;
  /** Its ports are named after who is connected: `client`, `node1`, `node2`. */
  readonly switch: Netns;
  /**
   * `wire`: what reaches a node is what a cable brings, frames of at most an MTU with checksums. `offload`: packets of
   * many TCP segments and without checksums, as between virtual machines of one host.
   */
  setCable(kind: 'wire' | 'offload'): void;
  /** What fits between the nodes; between them and the client it is always 1,500. */
  setNodeMtu(mtu: number): void;
  /** What fits between a node and its pods. */
  setPodMtu(node: 1 | 2, mtu: number): void;
  /** The client forgets what it has learnt about the MTUs of paths. */
  forgetPaths(): void;
  /** Does node 1 reach the second pod of node 2 by the second cable? Else by the switch. */
  setSecondCable(used: boolean): void;
}

const all = Object.values(families);
const nodePorts = ['node1', 'node2'] as const;

/** Builds the network. Nothing in it has a default route, and no device leads out of it. */
export function createNetwork(): Network {
  const stack = new DisposableStack();
  try {
    const create = (label: string) => stack.use(createNetns(`lab-${label}`));
    const places = {
      switch: create('switch'),
      client: create('client'),
      node1: create('node1'),
      node2: create('node2'),
      pods1: create('pods1'),
      pods2: create('pods2'),
    };
    connect(places);
    configure(places);
    const setCable = createCables(places, stack);
    setCable('wire');
    const setSecondCable = (used: boolean) =>
      ipBatch(
        places.node1,
        all.map(
          ({ remote, link, peer }) =>
            `route replace ${hostPrefix(remote.pods[1])} via ${used ? link[1] : peer}`,
        ),
      );
    const setNodeMtu = (mtu: number) => {
      const set = (device: string) => `link set ${device} mtu ${mtu}`;
      ipBatch(places.switch, nodePorts.map(set));
      for (const node of [places.node1, places.node2]) ipBatch(node, ['eth0', 'eth1'].map(set));
    };
    const setPodMtu = (node: 1 | 2, mtu: number) => {
      ipBatch(node === 1 ? places.node1 : places.node2, [`link set pods mtu ${mtu}`]);
      ipBatch(node === 1 ? places.pods1 : places.pods2, [`link set eth0 mtu ${mtu}`]);
    };
    const forgetPaths = () => {
      for (const family of ['-4', '-6']) places.client.exec('ip', [family, 'route', 'flush', 'cache']);
    };
    return {
      ...places,
      setCable,
      setNodeMtu,
      setPodMtu,
      forgetPaths,
      setSecondCable,
      [Symbol.dispose]: () => stack.dispose(),
    };
  } catch (error) {
    stack.dispose();
    throw error;
  }
}

type Places = Pick<Network, 'switch' | 'client' | 'node1' | 'node2' | 'pods1' | 'pods2'>;

function connect({ switch: lan, client, node1, node2, pods1, pods2 }: Places): void {
  const members = Object.entries({ client, node1, node2 });
  ipBatch(lan, [
    'link add br0 type bridge',
    'link set br0 up',
    ...members.flatMap(([port, { name }]) => [
      `link add ${port} type veth peer name eth0 netns ${name}`,
      `link set ${port} master br0 up`,
    ]),
  ]);
  ipBatch(node1, [
    `link add pods type veth peer name eth0 netns ${pods1.name}`,
    `link add eth1 type veth peer name eth1 netns ${node2.name}`,
  ]);
  ipBatch(node2, [`link add pods type veth peer name eth0 netns ${pods2.name}`]);
}

function configure({ client, node1, node2, pods1, pods2 }: Places): void {
  for (const ns of [client, pods1, pods2]) setSysctls(ns, {});
  for (const ns of [node1, node2]) {
    setSysctls(ns, {
      'net.ipv4.ip_forward': 1,
      'net.ipv6.conf.all.forwarding': 1,
      'net.ipv4.conf.pods.rp_filter': 0,
      'net.ipv4.conf.eth1.rp_filter': 0,
    });
  }
  const up = (commandsOf: (family: FamilyAddresses) => string[]) => [
    'link set eth0 up',
    ...all.flatMap(commandsOf),
  ];
  ipBatch(
    client,
    up(({ clients, network, services, node }) => [
      ...clients.map((address) => addAddress(address, network, 'eth0')),
      `route add ${services} via ${node[0]}`,
    ]),
  );
  ipBatch(node1, [
    'link set pods up',
    'link set eth1 up',
    ...up(({ node, peer, network, link, linkNetwork, local, remote }) => [
      ...node.map((address) => addAddress(address, network, 'eth0')),
      addAddress(local.gateway, local.prefix, 'pods'),
      addAddress(link[0], linkNetwork, 'eth1'),
      `route add ${remote.prefix} via ${peer}`,
    ]),
  ]);
  ipBatch(node2, [
    'link set pods up',
    'link set eth1 up',
    ...up(({ node, peer, network, link, linkNetwork, local, remote, services }) => [
      addAddress(peer, network, 'eth0'),
      addAddress(link[1], linkNetwork, 'eth1'),
      addAddress(remote.gateway, remote.prefix, 'pods'),
      ...[local.prefix, services].map((prefix) => `route add ${prefix} via ${node[0]}`),
    ]),
  ]);
  for (const [ns, own, other] of [
    [pods1, 'local', 'remote'],
    [pods2, 'remote', 'local'],
  ] as const) {
    ipBatch(
      ns,
      up(({ network, linkNetwork, services, [own]: { pods, prefix, gateway }, [other]: others }) => [
        ...pods.map((address) => addAddress(address, prefix, 'eth0')),
        ...[network, linkNetwork, services, others.prefix].map((to) => `route add ${to} via ${gateway}`),
      ]),
    );
  }
  // XDP cannot make the kernel ask for a link address, and the load balancer's own asking takes a moment.
  for (const [device, addresses] of [
    ['eth0', all.map(({ peer }) => peer)],
    ['eth1', all.map(({ link }) => link[1])],
  ] as const) {
    const { mac } = node2.device(device);
    for (const address of addresses) node1.addNeighbour(device, address, mac);
  }
}

function setSysctls(ns: Netns, more: Readonly<Record<string, number>>): void {
  const settings = {
    'net.ipv4.conf.all.rp_filter': 0,
    'net.ipv4.conf.eth0.rp_filter': 0,
    'net.ipv4.conf.all.send_redirects': 0,
    'net.ipv4.conf.eth0.send_redirects': 0,
    // Each test hears of its own errors.
    'net.ipv4.icmp_ratelimit': 0,
    'net.ipv6.icmp.ratelimit': 0,
    ...more,
  };
  const lines = Object.entries(settings).map(
    ([name, value]) => `echo ${value} > /proc/sys/${name.replaceAll('.', '/')}`,
  );
  ns.exec('sh', ['-ec', lines.join('\n')]);
}

/**
 * The switch's ports are the other ends of the nodes' cables: what they send is what nodes receive. They get what a
 * node's XDP program sends back only with a program of their own, and then nothing passes uncut.
 */
function createCables({ switch: lan, node1, node2 }: Places, stack: DisposableStack): Network['setCable'] {
  const pass = stack.use(load(objectPath('pass')));
  let links: readonly Link[] = [];
  const unlink = () => {
    for (const link of links) link[Symbol.dispose]();
    links = [];
  };
  stack.defer(unlink);
  return (kind) => {
    unlink();
    const tx = kind === 'wire' ? 'off' : 'on';
    for (const port of nodePorts) lan.exec('ethtool', ['-K', port, 'tx', tx]);
    for (const node of [node1, node2]) node.exec('ethtool', ['-K', 'eth1', 'tx', tx]);
    if (kind === 'offload') return;
    links = inNetns(lan.path, () =>
      nodePorts.map((ifindex) => pass.program('lbx_pass').attachXdp({ ifindex, mode: 'native' })),
    );
  };
}

function ipBatch(ns: Netns, commands: readonly string[]): void {
  ns.exec('ip', ['-batch', '-'], { input: commands.join('\n') });
}

/** `address` with the length of a prefix that it is in. */
function addAddress(address: string, prefix: string, device: string): string {
  const nodad = address.includes(':') ? ' nodad' : '';
  return `address add ${address}/${prefix.split('/')[1]} dev ${device}${nodad}`;
}
