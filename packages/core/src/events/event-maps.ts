import { type AnyLayout, flowCatalog, type LbxEventListener, type Table } from '@lbx/maps';
import type { BpfMap } from 'libbpf-ts';
import { CoreError } from '../errors.ts';
import { createKernelTable } from '../tables/kernel-table.ts';
import type { ServiceWishes } from './service-filter.ts';

/** The maps through which the programs tell of packets (bpf/include/lbx/events.h). */
export interface EventMaps {
  /** Ring buffers by listener. */
  readonly rings: BpfMap;
  readonly rules: Table<{ readonly reason: number }, { readonly listeners: number }>;
  readonly listeners: Table<{ readonly listener: number }, LbxEventListener>;
  /** What each listener was told of, by listener and reason, per CPU. */
  readonly stats: BpfMap;
  /** Which services each listener wants; programs of older versions have none. */
  readonly services?: ServiceWishes;
}

/** Names of these maps. */
export const eventMapNames = [
  'lbx_events',
  'lbx_event_rules',
  'lbx_event_listeners',
  'lbx_event_stats',
] as const;

/** Of these maps, what older programs do not have. */
export const laterEventMap = 'lbx_event_services';

/**
 * Finds them among the maps of a load balancer.
 * @throws CoreError `LBX_NO_EVENTS` where no packet programs are loaded.
 */
export function eventMapsOf(maps: ReadonlyMap<string, BpfMap>, place = 'this load balancer'): EventMaps {
  const [rings, rules, listeners, stats] = eventMapNames.map((name) => {
    const map = maps.get(name);
    if (map !== undefined) return map;
    throw new CoreError(
      'LBX_NO_EVENTS',
      `${place} has no packet programs that could tell of packets (no map ${name}); give it devices (lbx agent --device)`,
      { missing: name },
    );
  }) as [BpfMap, BpfMap, BpfMap, BpfMap];
  const services = maps.get(laterEventMap);
  return {
    rings,
    rules: createKernelTable(rules, flowCatalog.lbx_event_rules),
    listeners: createKernelTable(listeners, flowCatalog.lbx_event_listeners),
    stats,
    ...(services && { services: createKernelTable(services, flowCatalog.lbx_event_services) }),
  };
}

/** Type and sizes that a pinned one must have. */
export function eventMapShape(name: (typeof eventMapNames)[number] | typeof laterEventMap): {
  readonly type: 'hash_of_maps' | 'hash' | 'array' | 'percpu_array';
  readonly keySize: number;
  readonly valueSize: number;
} {
  if (name === 'lbx_events') return { type: 'hash_of_maps', keySize: 4, valueSize: 4 };
  const { type, key, valueSize }: AnyLayout = flowCatalog[name];
  return { type: type as 'hash' | 'array' | 'percpu_array', keySize: key.size, valueSize };
}
