import { BackendMetaFlag, generationAdded, generationRemoved, LbxBackendMeta, type Table } from '@lbx/maps';
import type { BpfMap } from 'libbpf-ts';

/** Does the metadata say that there is a backend? */
export const exists = (meta: LbxBackendMeta | undefined) => meta !== undefined && (meta.generation & 1) === 1;

/** The metadata of backends, kept beside their entries by the rules of bpf/include/lbx/backend_meta.h. */
export interface BackendMetaKeeper {
  /**
   * After the backend's entry was written. `other`: the entry has another address than before. Flows of a backend that
   * is another one now, or has moved to or from this node, end by a new generation.
   */
  written(
    id: number,
    backend: { readonly state: number; readonly local: boolean; readonly other?: boolean },
  ): void;
  /** The backend's entry was there when the tables were opened: whatever is known of it stays. */
  found(id: number, backend: { readonly state: number }): void;
  /** Is the backend known to be on this node? */
  isLocal(id: number): boolean;
  /** Before the backend's entry is deleted. */
  removing(id: number): void;
}

export function createBackendMetaKeeper(
  table: Table<{ readonly backendId: number }, LbxBackendMeta>,
): BackendMetaKeeper {
  return {
    isLocal: (id) => ((table.get({ backendId: id })?.flags ?? 0) & BackendMetaFlag.local) !== 0,
    found(id, { state }) {
      const before = table.get({ backendId: id });
      if (exists(before)) return;
      table.set({ backendId: id }, { generation: generationAdded(before?.generation ?? 0), flags: 0, state });
    },
    written(id, { state, local, other = false }) {
      const before = table.get({ backendId: id });
      const flags = local ? BackendMetaFlag.local : 0;
      const same = exists(before) && before?.flags === flags && !other;
      if (same && before?.state === state) return;
      const known = before?.generation ?? 0;
      table.set({ backendId: id }, { generation: same ? known : generationAdded(known), flags, state });
    },
    removing(id) {
      const before = table.get({ backendId: id });
      if (before === undefined || !exists(before)) return;
      table.set({ backendId: id }, { ...before, generation: generationRemoved(before.generation) });
    },
  };
}

/** The highest id that a backend ever had; 0: none. */
export function highestUsed(map: BpfMap): number {
  let highest = 0;
  for (const { keys, values, count } of map.readBatches() ?? []) {
    const [keyView, valueView] = [viewOf(keys), viewOf(values)];
    for (let i = 0; i < count; i++) {
      // The generation comes first; it is 0 where there never was one.
      if (valueView.getUint32(i * LbxBackendMeta.size, true) !== 0)
        highest = Math.max(highest, keyView.getUint32(4 * i, true));
    }
  }
  return highest;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
