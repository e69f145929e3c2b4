import {
  type FrontendEntries,
  FrontendMetaFlag,
  type Ids,
  type LbxFrontendMeta,
  type Projection,
  type Table,
} from '@lbx/maps';
import type { BpfMap } from 'libbpf-ts';

/** The metadata of frontends, kept beside their entries by the rules of bpf/include/lbx/frontend_meta.h. */
export interface FrontendMetaKeeper {
  /** Before the entries of these frontends are written: whoever loses its last backend to other nodes is marked. */
  mark(desired: Projection, names: Iterable<string>): void;
  /**
   * After they were written: marks of these frontends that no longer hold are taken off. What is refused keeps its own.
   * @param names - none: all that are marked are looked at.
   */
  unmark(desired: Projection, ids: Ids, names?: Iterable<string>): void;
}

type Meta = Table<{ readonly revNatId: number }, LbxFrontendMeta>;

/** @param marked - ids that are marked already. */
export function createFrontendMetaKeeper(table: Meta, marked: Iterable<number>): FrontendMetaKeeper {
  const known = new Set(marked);
  return {
    mark({ frontends }, names) {
      for (const name of names) {
        const group = frontends.get(name);
        if (group === undefined || !isElsewhere(group) || known.has(group.revNatId)) continue;
        table.set({ revNatId: group.revNatId }, { flags: FrontendMetaFlag.elsewhere });
        known.add(group.revNatId);
      }
    },
    unmark({ frontends, refusedNames }, ids, names) {
      if (known.size === 0) return;
      const looked = names === undefined ? [...known] : [...names].map((name) => ids.frontends.find(name));
      for (const id of looked) {
        if (id === undefined || !known.has(id)) continue;
        const name = ids.frontends.nameOf(id);
        const group = name === undefined ? undefined : frontends.get(name);
        const kept = group === undefined ? name !== undefined && refusedNames.has(name) : isElsewhere(group);
        if (kept) continue;
        table.set({ revNatId: id }, { flags: 0 });
        known.delete(id);
      }
    },
  };
}

const isElsewhere = ({ frontend }: FrontendEntries) => frontend.endpointsElsewhere === true;

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
