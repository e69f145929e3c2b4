import { flowCatalog, type MapKey, type MapValue, type Table, type Tables } from '@lbx/maps';
import type { BpfMap } from 'libbpf-ts';
import type { BackendPlaces } from '../apply/backend-places.ts';
import { createKernelTable } from '../tables/kernel-table.ts';
import { type BackendMetaKeeper, createBackendMetaKeeper } from './backend-meta.ts';
import { createFrontendMetaKeeper, type FrontendMetaKeeper, markedFrontends } from './frontend-meta.ts';
import { createKernelGate, type WriteGateWords } from './gate.ts';
import { endpointOf, gatedServices } from './gated-services.ts';
import { repairGate, repairMeta } from './repair-derived.ts';
import { backendEndpoint, trackBackends } from './tracked-backends.ts';

/** The tables whose writes keep derived state in line; those that need none are absent. */
export interface Derived {
  readonly tables: Partial<Tables>;
  /** Where the packet programs are loaded. */
  readonly frontendMeta: FrontendMetaKeeper | undefined;
  /** Where an earlier process knew a backend to be; undefined where nobody asks for it. */
  foundPlaceOf(backendId: number): 'local' | 'other' | undefined;
  /** Works out anew which of these backends (all, when none are named) are on this node. */
  refreshBackends(names: Iterable<string> | undefined): void;
  /** Compares it with what is in the kernel, in slices, and writes what somebody else has changed; gives how much. */
  repair(): Generator<number, void>;
}

function* nothing(): Generator<number, void> {}

type Services = Table<MapKey<'lb4_services_v2'>, MapValue<'lb4_services_v2'>>;
type Backends = Table<MapKey<'lb4_backends_v3'>, MapValue<'lb4_backends_v3'>>;

/** Derived state of the programs that are loaded: sockets and packets have the gate, packets the metadata. */
export function openDerived(
  maps: ReadonlyMap<string, BpfMap>,
  tables: Tables,
  places: BackendPlaces,
): Derived {
  const frontendMap = maps.get('lbx_frontend_meta');
  const frontendMeta =
    frontendMap &&
    createFrontendMetaKeeper(
      createKernelTable(frontendMap, flowCatalog.lbx_frontend_meta),
      markedFrontends(frontendMap),
    );
  const gateMap = maps.get('lbx_gate');
  const unknown = { foundPlaceOf: () => undefined, refreshBackends: () => {} };
  if (gateMap === undefined) return { tables: {}, frontendMeta, ...unknown, repair: nothing };

  // Both families have entries of one shape; ids are shared, so that one array holds the metadata of all.
  const services = [tables.lb4_services_v2, tables.lb6_services_v2 as unknown as Services];
  const backends = [tables.lb4_backends_v3, tables.lb6_backends_v3 as unknown as Backends];
  const metaMap = maps.get('lbx_backend_meta');
  const meta = metaMap && createBackendMetaKeeper(createKernelTable(metaMap, flowCatalog.lbx_backend_meta));
  const standing = services.flatMap((table) =>
    [...table.entries()].flatMap(([key]) => endpointOf(key) ?? []),
  );
  const replying = meta === undefined ? [] : backends.flatMap((table) => localEndpoints(table, meta));
  const gate = createKernelGate(gateMap.maxEntries, gateWriter(gateMap), [...standing, ...replying]);
  gate.rewrite();
  const [services4, services6] = services.map((table) => gatedServices(table, gate));
  const gated = { lb4_services_v2: services4, lb6_services_v2: services6 } as Partial<Tables>;
  if (metaMap === undefined || meta === undefined)
    return {
      tables: gated,
      frontendMeta,
      ...unknown,
      repair: () => repairGate(gateMap, gate),
    };
  const tracked = backends.map((table) => trackBackends(table, { meta, gate, isLocal: places.isLocal }));
  return {
    tables: {
      ...gated,
      lb4_backends_v3: tracked[0]?.table,
      lb6_backends_v3: tracked[1]?.table,
    } as Partial<Tables>,
    frontendMeta,
    foundPlaceOf: (id) => (meta.isLocal(id) ? 'local' : 'other'),
    *repair() {
      yield* repairGate(gateMap, gate);
      yield* repairMeta(metaMap, meta, tracked);
    },
    refreshBackends(names) {
      const all = names === undefined ? undefined : [...names];
      for (const { refresh } of tracked) refresh(all);
    },
  };
}

/** Backends that an earlier process knew to be on this node. */
function localEndpoints(table: Backends, meta: BackendMetaKeeper) {
  return [...table.entries()].flatMap(([{ backendId }, backend]) =>
    meta.isLocal(backendId) ? [backendEndpoint(backend)] : [],
  );
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
