import type { ConfidenceReason, Flow } from '@lbx/maps';

/** Where a flow meets lbx. */
export const entryPoints = ['outside', 'pod', 'node'] as const;
export type EntryPoint = (typeof entryPoints)[number];

/** The hook that it is looked at by. To XDP and tc a packet from outside is the same. */
export const hookOf: Readonly<Record<EntryPoint, NonNullable<Flow['hook']>>> = {
  outside: 'xdp',
  pod: 'pod',
  node: 'connect',
};

/** Names of links by which programs get to see it. */
const linksOf: Readonly<Record<EntryPoint, RegExp>> = {
  outside: /^(xdp|tc_ingress)_/,
  pod: /^tc_from_pod_/,
  node: /^cgroup_connect/,
};

const nobody: Readonly<Record<EntryPoint, string>> = {
  outside: 'no program is attached to a device (lbx agent --device): packets from outside are not looked at',
  pod: "no program is attached to pods' devices (lbx agent --pod-device): pods' packets are not looked at there",
  node: 'no program is attached to a cgroup: sockets of this node are not looked at',
};

/** What is known of this node, where it is this node that is asked about. */
export interface NodeFacts {
  /** Names of the pinned links. */
  readonly links?: readonly string[];
  /** Addresses of this node, without loopback. */
  readonly addresses?: readonly string[];
}

/** What speaks against a flow coming in there. */
export function entryDoubts(
  via: EntryPoint,
  client: string,
  { links, addresses }: NodeFacts,
): ConfidenceReason[] {
  const doubts: ConfidenceReason[] = [];
  const doubt = (text: string) => doubts.push({ code: 'entry-point', text, doubt: true });
  if (links !== undefined && !links.some((name) => linksOf[via].test(name))) doubt(nobody[via]);
  if (addresses === undefined) return doubts;
  const isOwn = addresses.includes(client) || client.startsWith('127.') || client === '::1';
  if (isOwn && via !== 'node')
    doubt(`${client} is an address of this node: what it connects to, its sockets decide (--via node)`);
  if (!isOwn && via === 'node')
    doubt(
      `${client} is no address of this node: its packets come from a pod or from outside (--via pod, --via outside)`,
    );
  return doubts;
}
