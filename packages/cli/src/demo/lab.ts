import { runCommand } from '../run-command.ts';
import type { Traces } from './traces.ts';

/** The addresses of the demo: documentation ranges only, and no namespace has a default route. */
export const addresses = {
  node: '192.0.2.1',
  hosts: { 'host-a': '192.0.2.11', 'host-b': '192.0.2.12' },
  client: '192.0.2.100',
  /** ClusterIPs and the LoadBalancer address; the client reaches them by way of the node. */
  services: '198.51.100.0/24',
  pods: {
    'host-a': ['203.0.113.17', '203.0.113.18'],
    'host-b': ['203.0.113.33', '203.0.113.34'],
  },
  podPrefix: { 'host-a': '203.0.113.16/28', 'host-b': '203.0.113.32/28' },
  podPort: 8080,
} as const;

export const hosts = ['host-a', 'host-b'] as const;
export type HostName = (typeof hosts)[number];
export type Member = 'client' | 'node' | HostName;

/** The network of the demo: four namespaces with one device `eth0` each, on one switch in a fifth. */
export interface Lab {
  /** Path for `nsenter --net=`. `ip netns exec` would hide the BPF file system by remounting /sys. */
  netnsPath(member: Member | 'lan'): string;
}

/** Port of the switch that the node is connected to. */
export const nodePort = 'to-node';

const prefix = 'lbx-demo-';
const members: Readonly<Record<Member, string>> = {
  client: addresses.client,
  node: addresses.node,
  ...addresses.hosts,
};

/** Builds the network. Everything is on `traces` before it exists, so that a killed run leaves nothing unknown. */
export function buildLab(traces: Traces): Lab {
  const lan = `${prefix}lan`;
  for (const name of [lan, ...Object.keys(members).map((member) => prefix + member)]) {
    traces.add({ kind: 'namespace', name });
    runCommand('ip', ['netns', 'add', name]);
    runCommand('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
  }
  runCommand('ip', ['-n', lan, 'link', 'add', 'br0', 'type', 'bridge']);
  runCommand('ip', ['-n', lan, 'link', 'set', 'br0', 'up']);
  for (const [member, address] of Object.entries(members))
    connect(lan, prefix + member, `to-${member}`, address);
  routes();
  return { netnsPath: (member) => `/run/netns/${prefix}${member}` };
}

/** A cable from a namespace's eth0 to a port of the switch. */
function connect(lan: string, namespace: string, port: string, address: string): void {
  runCommand('ip', [
    '-n',
    lan,
    'link',
    'add',
    port,
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'netns',
    namespace,
  ]);
  runCommand('ip', ['-n', lan, 'link', 'set', port, 'master', 'br0', 'up']);
  runCommand('ip', ['-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0']);
  runCommand('ip', ['-n', namespace, 'link', 'set', 'eth0', 'up']);
  // veth hands over TCP with unfinished checksums, which a real wire never does: let the sender finish them.
  ethtool(namespace, ['-K', 'eth0', 'tx', 'off']);
}

function ethtool(namespace: string, args: readonly string[]): void {
  runCommand('nsenter', [`--net=/run/netns/${namespace}`, 'ethtool', ...args]);
}

function routes(): void {
  const node = `${prefix}node`;
  // Without forwarding the kernel gives XDP no routes. /proc/sys/net is that of the namespace of whoever opens it.
  runCommand('nsenter', [`--net=/run/netns/${node}`, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
  runCommand('ip', ['-n', `${prefix}client`, 'route', 'add', addresses.services, 'via', addresses.node]);
  for (const host of hosts) {
    runCommand('ip', ['-n', node, 'route', 'add', addresses.podPrefix[host], 'via', addresses.hosts[host]]);
    for (const pod of addresses.pods[host])
      runCommand('ip', ['-n', prefix + host, 'address', 'add', `${pod}/32`, 'dev', 'lo']);
  }
}
