import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type AnyLayout, flowCatalog, serviceCatalog } from '@lbx/maps';
import { BpfMap } from 'libbpf-ts';
import { createBackendMetaKeeper, exists } from '../derived/backend-meta.ts';
import { createKernelGate, type GateEndpoint } from '../derived/gate.ts';
import { endpointOf } from '../derived/gated-services.ts';
import { backendEndpoint } from '../derived/tracked-backends.ts';
import { createKernelTable } from '../tables/kernel-table.ts';

/** How the state that follows from services and backends differs from what it should be. */
export interface DerivedState {
  /** Frontends, wildcards and local backends that the gate is to let through. */
  readonly endpoints: number;
  /** Words of the gate that lack a bit: packets of some services are passed as if they were nobody's. */
  readonly closedWords: number;
  /** Words with bits that no entry needs: they cost a lookup now and then. */
  readonly looseWords: number;
  /** Backends that have an entry, and how many of them the datapath takes for removed. */
  readonly backends: number;
  readonly deadBackends: readonly number[];
}

type Services = typeof serviceCatalog.lb4_services_v2;
type Backends = typeof serviceCatalog.lb4_backends_v3;

/**
 * Compares the gate and the metadata of backends in a folder of pins with the entries beside them. Reads only; what is
 * written meanwhile may show as a difference, so look twice. undefined where no packet programs are pinned.
 */
export function inspectDerived(pins: string): DerivedState | undefined {
  const maps: BpfMap[] = [];
  const open = (name: string): BpfMap | undefined => {
    const path = join(pins, name);
    if (!existsSync(path)) return undefined;
    const map = BpfMap.openPinned(path, { name });
    maps.push(map);
    return map;
  };
  const tables = <L extends AnyLayout>(names: readonly string[], layout: L) =>
    names.flatMap((name) => {
      const map = open(name);
      const own = (serviceCatalog as Readonly<Record<string, AnyLayout>>)[name] ?? layout;
      return map === undefined ? [] : [createKernelTable(map, own as L)];
    });
  try {
    const gateMap = open('lbx_gate');
    if (gateMap === undefined) return undefined;
    const services = tables<Services>(['lb4_services_v2', 'lb6_services_v2'], serviceCatalog.lb4_services_v2);
    const backends = tables<Backends>(['lb4_backends_v3', 'lb6_backends_v3'], serviceCatalog.lb4_backends_v3);
    const metaMap = open('lbx_backend_meta');
    const meta = metaMap && createKernelTable(metaMap, flowCatalog.lbx_backend_meta);
    const keeper = meta && createBackendMetaKeeper(meta);
    const endpoints: GateEndpoint[] = services.flatMap((table) =>
      [...table.entries()].flatMap(([key]) => endpointOf(key) ?? []),
    );
    const dead: number[] = [];
    let count = 0;
    for (const table of keeper === undefined ? [] : backends) {
      for (const [{ backendId }, backend] of table.entries()) {
        count++;
        if (!exists(meta?.get({ backendId }))) dead.push(backendId);
        else if (keeper?.isLocal(backendId)) endpoints.push(backendEndpoint(backend));
      }
    }
    return {
      endpoints: endpoints.length,
      ...compareGate(gateMap, endpoints),
      backends: count,
      deadBackends: dead,
    };
  } finally {
    for (const map of maps) map.close();
  }
}

function compareGate(map: BpfMap, endpoints: readonly GateEndpoint[]) {
  const wanted: bigint[] = [];
  const gate = createKernelGate(
    map.maxEntries,
    (words) => {
      for (const [index, word] of words) wanted[index] = word;
    },
    endpoints,
  );
  gate.rewrite();
  let closedWords = 0;
  let looseWords = 0;
  for (const { keys, values, count } of map.readBatches() ?? []) {
    const [keyView, valueView] = [viewOf(keys), viewOf(values)];
    for (let i = 0; i < count; i++) {
      const word = wanted[keyView.getUint32(4 * i, true)] ?? 0n;
      const found = valueView.getBigUint64(8 * i, true);
      if ((word & ~found) !== 0n) closedWords++;
      else if (found !== word) looseWords++;
    }
  }
  return { closedWords, looseWords };
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
