import { flowCatalog, type ReasonName, reasonOf } from '@lbx/maps';
import type { BpfMap } from 'libbpf-ts';

/** Packets that met one fate, on all CPUs, since the maps were made. */
export interface Count {
  readonly packets: number;
  /** Of their frames, link header included; 0 for notes. */
  readonly bytes: number;
}

/** By reason; those that never came up are left out. */
export type Counters = Readonly<Partial<Record<ReasonName, Count>>>;

/** Reads the packet counters: one system call or two. Empty where no packet programs are loaded. */
export function readCounters(maps: ReadonlyMap<string, BpfMap>): Counters {
  const { name, key, value } = flowCatalog.lbx_counters;
  const map = maps.get(name);
  if (map === undefined) return {};
  const counters: Partial<Record<ReasonName, Count>> = {};
  for (const [keyBytes, values] of map.entries()) {
    const reason = reasonOf(key.decode(keyBytes).reason);
    if (reason === undefined) continue;
    let packets = 0n;
    let bytes = 0n;
    for (let at = 0; at < values.length; at += value.size) {
      const one = value.decode(values.subarray(at, at + value.size), undefined as never);
      packets += one.packets;
      bytes += one.bytes;
    }
    if (packets > 0n) counters[reason.name] = { packets: Number(packets), bytes: Number(bytes) };
  }
  return counters;
}
