import type { Op } from '@lbx/maps';
import type { BpfMap } from 'libbpf-ts';

/** Empties the traffic counters of an id before it goes to a new owner (bpf/include/lbx/traffic.h). */
export interface TrafficKeeper {
  /** To be called before these are carried out. */
  prepare(ops: readonly Op[]): void;
}

const ownersOf = {
  lb4_reverse_nat: 'frontend',
  lb6_reverse_nat: 'frontend',
  lb4_backends_v3: 'backend',
  lb6_backends_v3: 'backend',
} as const;

/** An id of a frontend or backend that is in the maps. */
export interface OwnedIds {
  readonly frontend: Iterable<number>;
  readonly backend: Iterable<number>;
}

/** @param owned - ids that have owners already: their counters go on. */
export function createTrafficKeeper(
  maps: { readonly frontend: BpfMap; readonly backend: BpfMap },
  owned: OwnedIds,
): TrafficKeeper {
  const known = { frontend: new Set(owned.frontend), backend: new Set(owned.backend) };
  return {
    prepare(ops) {
      const fresh = { frontend: new Set<number>(), backend: new Set<number>() };
      for (const op of ops) {
        const kind = ownersOf[op.map as keyof typeof ownersOf];
        if (kind === undefined) continue;
        const id = idOf(op.key as IdKey);
        if (op.op === 'delete') known[kind].delete(id);
        else if (!known[kind].has(id)) fresh[kind].add(id);
      }
      for (const kind of ['frontend', 'backend'] as const) {
        empty(maps[kind], fresh[kind]);
        for (const id of fresh[kind]) known[kind].add(id);
      }
    },
  };
}

type IdKey = { readonly revNatId?: number; readonly backendId?: number };
const idOf = ({ revNatId, backendId }: IdKey) => revNatId ?? backendId ?? 0;

function empty(map: BpfMap, ids: ReadonlySet<number>): void {
  const inside = [...ids].filter((id) => id < map.maxEntries);
  if (inside.length === 0) return;
  const keys = new Uint8Array(Uint32Array.from(inside).buffer);
  map.updateBatch(keys, new Uint8Array(inside.length * map.valueBytes), { chunk: 4096 });
}
