import { ipv6, MapFlag, mapLayout, scalar, u32 } from '@lbx/maps';
import type { BpfMap } from 'libbpf-ts';
import type { LocalAddress } from '../network/node-network.ts';
import { createKernelTable } from '../tables/kernel-table.ts';
import { type KeySet, syncKeySet } from './key-set.ts';

const LocalAddressKey = scalar('address', ipv6.doc('An address of the node; IPv4 mapped into ::ffff:0:0/96'));
const LocalAddressValue = scalar('flags', u32.doc('No meaning yet: 0'));

/** The node's own addresses, for socket load balancing (bpf/include/lbx/sock_local.h). */
export const localAddressLayout = mapLayout('hash', 'lbx_local_addrs', LocalAddressKey, LocalAddressValue, {
  flags: MapFlag.noPrealloc | MapFlag.readonlyProg,
  maxEntries: 4096,
  doc: 'Addresses of this node, on which sockets find NodePorts; kept by user space',
});

type Entries = KeySet<'address', string>;

/** The table, where the socket programs are loaded. */
export function openLocalAddresses(maps: ReadonlyMap<string, BpfMap>): Entries | undefined {
  const map = maps.get(localAddressLayout.name);
  return map === undefined ? undefined : createKernelTable(map, localAddressLayout);
}

const mapped = (address: string) => (address.includes(':') ? address : `::ffff:${address}`);

/**
 * Brings the table in line with the addresses of this network namespace. Loopback needs no entry. Returns how many
 * entries changed.
 */
export function syncLocalAddresses(table: Entries, addresses: readonly LocalAddress[]): number {
  const own = addresses.filter(({ internal }) => !internal);
  return syncKeySet(table, 'address', new Set(own.map(({ address }) => mapped(address))));
}
