import { FrontendMetaFlag, type Ids, type LbxFrontendMeta, type Projection, type Table } from '@lbx/maps';
import type { BpfMap } from 'libbpf-ts';

/** The metadata of frontends, kept beside their entries by the rules of bpf/include/lbx/frontend_meta.h. */
export interface FrontendMetaKeeper {
  /** Before the entries are written: whoever loses its last backend to other nodes is marked. */
  mark(desired: Projection): void;
  /** After they were written: marks that no longer hold are taken off. What is refused keeps its own. */
  unmark(desired: Projection, ids: Ids): void;
}

type Meta = Table<{ readonly revNatId: number }, LbxFrontendMeta>;

/** @param marked - ids that are marked already. */
export function createFrontendMetaKeeper(table: Meta, marked: Iterable<number>): FrontendMetaKeeper {
  const known = new Set(marked);
  return {
    mark(desired) {
      for (const id of elsewhere(desired)) {
        if (known.has(id)) continue;
        table.set({ revNatId: id }, { flags: FrontendMetaFlag.elsewhere });
        known.add(id);
      }
    },
    unmark(desired, ids) {
      if (known.size === 0) return;
      const kept = new Set(elsewhere(desired));
      for (const { names } of desired.refused)
        for (const name of names) kept.add(ids.frontends.find(name) ?? 0);
      for (const id of known) {
        if (kept.has(id)) continue;
        table.set({ revNatId: id }, { flags: 0 });
        known.delete(id);
      }
    },
  };
}

function* elsewhere({ frontends }: Projection): IterableIterator<number> {
  for (const { revNatId, frontend } of frontends.values())
    if (frontend.endpointsElsewhere === true) yield revNatId;
}

/** Ids that an earlier process marked. */
export function markedFrontends(map: BpfMap): number[] {
  const marked: number[] = [];
  for (const { keys, values, count } of map.readBatches() ?? []) {
    const [keyView, valueView] = [viewOf(keys), viewOf(values)];
    for (let i = 0; i < count; i++)
      if (valueView.getUint32(4 * i, true) !== 0) marked.push(keyView.getUint32(4 * i, true));
  }
  return marked;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
