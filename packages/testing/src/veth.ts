import type { Netns } from './netns.ts';

/** One end of a veth pair. */
export interface VethEnd {
  readonly ns: Netns;
  /** Name of the device in that namespace, at most 15 characters. */
  readonly device: string;
  /** Drawn by the kernel if not given. */
  readonly mac?: string;
  /** With prefix length: `192.0.2.1/24`, `2001:db8::1/64`. */
  readonly addresses: readonly string[];
}

/** Options of {@link createVethPair}. */
export interface VethOptions {
  readonly mtu?: number;
  /** Enter each end's addresses as permanent neighbours at the other end, so that no ARP or ND is needed (false). */
  readonly staticNeighbours?: boolean;
}

/**
 * Joins two namespaces by a veth pair: addresses set, both ends up, transmit checksum offload off (so that packets
 * carry real checksums, which XDP programs and captures see). It goes away with either namespace.
 */
export function createVethPair(a: VethEnd, b: VethEnd, options: VethOptions = {}): void {
  const end = ({ device, mac }: VethEnd) => ['name', device, ...(mac ? ['address', mac] : [])];
  const mtu = options.mtu === undefined ? [] : ['mtu', String(options.mtu)];
  a.ns.exec('ip', [
    'link',
    'add',
    ...end(a),
    ...mtu,
    'type',
    'veth',
    'peer',
    ...end(b),
    ...mtu,
    'netns',
    b.ns.name,
  ]);
  // Each command takes longer than what it does: one for each end.
  for (const { ns, device } of [a, b]) {
    const up = 'ethtool -K "$0" tx off && exec ip link set dev "$0" up';
    ns.exec('sh', ['-c', up, device]);
  }
  for (const { ns, device, addresses } of [a, b])
    for (const address of addresses) ns.addAddress(device, address);
  if (!options.staticNeighbours) return;
  for (const [here, there] of [
    [a, b],
    [b, a],
  ] as const) {
    const { mac } = there.ns.device(there.device);
    for (const address of there.addresses) here.ns.addNeighbour(here.device, address.split('/')[0]!, mac);
  }
}
