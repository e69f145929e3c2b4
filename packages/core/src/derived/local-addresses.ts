import { ipv6, MapFlag, mapLayout, scalar, type Table, u32 } from '@lbx/maps';
import type { BpfMap } from 'libbpf-ts';
import type { LocalAddress } from '../network/node-network.ts';
import { createKernelTable } from '../tables/kernel-table.ts';

const LocalAddressKey = scalar('address', ipv6.doc('An address of the node; IPv4 mapped into ::ffff:0:0/96'));
const LocalAddressValue = scalar('flags', u32.doc('No meaning yet: 0'));

/** The node's own addresses, for socket load balancing (bpf/include/lbx/sock_local.h). */
export const localAddressLayout = mapLayout('hash', 'lbx_local_addrs', LocalAddressKey, LocalAddressValue, {
  flags: MapFlag.noPrealloc | MapFlag.readonlyProg,
  maxEntries: 4096,
  doc: 'Addresses of this node, on which sockets find NodePorts; kept by user space',
});

type Entries = Table<{ readonly address: string }, { readonly flags: number }>;

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
  const wanted = new Set(addresses.filter(({ internal }) => !internal).map(({ address }) => mapped(address)));
  let changed = 0;
  for (const [key] of [...table.entries()]) {
    if (wanted.delete(key.address)) continue;
    table.delete(key);
    changed++;
  }
  for (const address of wanted) {
    table.set({ address }, { flags: 0 });
    changed++;
  }
  return changed;
}
