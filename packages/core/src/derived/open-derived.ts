import { flowCatalog, type Tables } from '@lbx/maps';
import type { BpfMap } from 'libbpf-ts';
import type { BackendPlaces } from '../apply/backend-places.ts';
import { createKernelTable } from '../tables/kernel-table.ts';
import { createBackendMetaKeeper } from './backend-meta.ts';
import { createKernelGate, type WriteGateWords } from './gate.ts';
import { endpointOf, gatedServices } from './gated-services.ts';
import { backendEndpoint, trackBackends } from './tracked-backends.ts';

/** The tables whose writes keep derived state in line; those that need none are absent. */
export interface Derived {
  readonly tables: Partial<Pick<Tables, 'lb4_services_v2' | 'lb6_services_v2' | 'lb4_backends_v3'>>;
  refreshBackends(names: Iterable<string> | undefined): void;
}

/** Derived state of the programs that are loaded: sockets and packets have the gate, packets the backend metadata. */
export function openDerived(
  maps: ReadonlyMap<string, BpfMap>,
  tables: Tables,
  places: BackendPlaces,
): Derived {
  const gateMap = maps.get('lbx_gate');
  const metaMap = maps.get('lbx_backend_meta');
  if (gateMap === undefined) return { tables: {}, refreshBackends: () => {} };

  const { lb4_services_v2: services4, lb6_services_v2: services6 } = tables;
  const backends = tables.lb4_backends_v3;
  const standing = [...services4.entries(), ...services6.entries()].flatMap(([key]) => endpointOf(key) ?? []);
  const meta = metaMap && createBackendMetaKeeper(createKernelTable(metaMap, flowCatalog.lbx_backend_meta));
  const replying = [...(meta ? backends.entries() : [])].flatMap(([{ backendId }, backend]) =>
    meta?.isLocal(backendId) ? [backendEndpoint(backend)] : [],
  );
  const gate = createKernelGate(gateMap.maxEntries, gateWriter(gateMap), [...standing, ...replying]);
  gate.rewrite();
  const gated = {
    lb4_services_v2: gatedServices<'lb4_services_v2'>(services4, gate),
    lb6_services_v2: gatedServices<'lb6_services_v2'>(services6, gate),
  };
  if (meta === undefined) return { tables: gated, refreshBackends: () => {} };
  const tracked = trackBackends(backends, { meta, gate, isLocal: places.isLocal });
  return { tables: { ...gated, lb4_backends_v3: tracked.table }, refreshBackends: tracked.refresh };
}

/** Words of the bitmap go in one batch. */
function gateWriter(map: BpfMap): WriteGateWords {
  return (words) => {
    const keys = new Uint8Array(words.length * 4);
    const values = new Uint8Array(words.length * 8);
    const keyView = new DataView(keys.buffer);
    const valueView = new DataView(values.buffer);
    words.forEach(([index, word], i) => {
      keyView.setUint32(4 * i, index, true);
      valueView.setBigUint64(8 * i, word, true);
    });
    map.updateBatch(keys, values);
  };
}
