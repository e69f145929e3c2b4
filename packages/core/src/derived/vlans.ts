import { flowCatalog, type LbxVlanKey, type Table } from '@lbx/maps';
import type { BpfMap, NetworkDevice } from 'libbpf-ts';
import { createKernelTable } from '../tables/kernel-table.ts';

type Vlans = Table<LbxVlanKey, { readonly ifindex: number }>;

/** The devices of VLANs, where XDP programs are loaded: frames come to them with the tag still on. */
export function openVlans(maps: ReadonlyMap<string, BpfMap>): Vlans | undefined {
  const map = maps.get('lbx_vlans');
  return map === undefined ? undefined : createKernelTable(map, flowCatalog.lbx_vlans);
}

/** Brings the table in line with the devices of this network namespace. Returns how many entries changed. */
export function syncVlans(table: Vlans, devices: readonly NetworkDevice[]): number {
  const wanted = new Map(
    devices.flatMap(({ ifindex, vlan }) =>
      vlan === undefined
        ? []
        : [[nameOf({ ifindex: vlan.parent, vlan: vlan.id }), { ifindex, vlan }] as const],
    ),
  );
  let changed = 0;
  for (const [key, { ifindex }] of [...table.entries()]) {
    const name = nameOf(key);
    if (wanted.get(name)?.ifindex === ifindex) wanted.delete(name);
    else if (!wanted.has(name)) {
      table.delete(key);
      changed++;
    }
  }
  for (const { ifindex, vlan } of wanted.values()) {
    table.set({ ifindex: vlan.parent, vlan: vlan.id }, { ifindex });
    changed++;
  }
  return changed;
}

const nameOf = ({ ifindex, vlan }: Pick<LbxVlanKey, 'ifindex' | 'vlan'>) => `${ifindex}.${vlan}`;
