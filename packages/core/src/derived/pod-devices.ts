import { flowCatalog } from '@lbx/maps';
import type { BpfMap, NetworkDevice } from 'libbpf-ts';
import type { Attachment } from '../attach/attachment.ts';
import { podPlaces } from '../attach/tc.ts';
import type { ResolvedOptions } from '../options/resolve-options.ts';
import { createKernelTable } from '../tables/kernel-table.ts';
import { type KeySet, syncKeySet } from './key-set.ts';

type PodDevices = KeySet<'ifindex', number>;

/** The devices that packets go straight into a pod by, where tc programs are loaded. */
export function openPodDevices(maps: ReadonlyMap<string, BpfMap>): PodDevices | undefined {
  const map = maps.get('lbx_pod_devices');
  return map === undefined ? undefined : createKernelTable(map, flowCatalog.lbx_pod_devices);
}

/** Kinds of devices whose other end the kernel puts a packet into. */
const paired: ReadonlySet<string | undefined> = new Set(['veth', 'netkit']);

/**
 * The devices among these that lead straight into a pod: the other end is in another namespace, and our programs on this
 * one see what comes out of it. Only where that is asked for: netfilter on the node does not see what takes that way.
 */
export function podDevicesOf(
  devices: readonly NetworkDevice[],
  attachments: readonly Pick<Attachment, 'plan'>[],
  { redirect }: Pick<ResolvedOptions, 'redirect'>,
): ReadonlySet<number> {
  if (redirect !== 'peer') return new Set();
  const programs = podPlaces.map(({ program }) => program);
  const attached = new Set(attachments.map(({ plan }) => `${plan.program} ${plan.target}`));
  return new Set(
    devices
      .filter(({ kind, isLinkedElsewhere }) => paired.has(kind) && isLinkedElsewhere)
      .map(({ ifindex }) => ifindex)
      .filter((ifindex) => programs.every((program) => attached.has(`${program} ${ifindex}`))),
  );
}

/** Brings the table in line with these devices. Returns how many entries changed. */
export function syncPodDevices(table: PodDevices, devices: ReadonlySet<number>): number {
  return syncKeySet(table, 'ifindex', devices);
}
