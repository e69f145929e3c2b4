import {
  type AnyLayout,
  type BackendMeta,
  catalog,
  decodeLookupTable,
  type Entry,
  entryId,
  flowCatalog,
  gateHash,
  type PacketState,
  type ServiceMapName,
} from '@lbx/maps';
import type { Lab } from '../xdp-lab.ts';
import type { Op } from './op.ts';

const SERVICE_MAPS = [
  'lb4_services_v2',
  'lb4_backends_v3',
  'lb4_source_range',
  'lb_affinity_match',
] as const satisfies readonly ServiceMapName[];

/** What the programs may only read, as the kernel has it now. */
export function readTables(lab: Lab): Omit<PacketState, 'flows'> {
  const entries = new Map<string, Entry>();
  const add = (map: ServiceMapName, key: unknown, value: unknown) => {
    const entry = { map, key, value } as Entry;
    entries.set(entryId(map, entry.key), entry);
  };
  for (const map of SERVICE_MAPS) {
    for (const [key, value] of lab.tables.entries(catalog[map])) add(map, key, value);
  }
  const maglev = lab.xdp.map('lb4_maglev');
  for (const key of maglev.keys()) {
    using inner = maglev.getInner(key)!;
    add('lb4_maglev', catalog.lb4_maglev.key.decode(key), decodeLookupTable(inner.get(new Uint8Array(4))!));
  }
  return {
    tables: { entries },
    backends: readBackends(lab),
    servedElsewhere: readElsewhere(lab),
    mayBeOurs: readGate(lab),
  };
}

function readBackends(lab: Lab): ReadonlyMap<number, BackendMeta> {
  const backends = new Map<number, BackendMeta>();
  for (const { keys, values } of readAll(lab, flowCatalog.lbx_backend_meta)) {
    const key = flowCatalog.lbx_backend_meta.key.decode(keys);
    const meta = flowCatalog.lbx_backend_meta.value.decode(values, key);
    if (meta.generation === 0) continue;
    const { backendId } = key;
    backends.set(backendId, { generation: meta.generation, local: (meta.flags & 1) === 1 });
  }
  return backends;
}

function readElsewhere(lab: Lab): PacketState['servedElsewhere'] {
  const elsewhere = new Set<number>();
  for (const { keys, values } of readAll(lab, flowCatalog.lbx_frontend_meta)) {
    const key = flowCatalog.lbx_frontend_meta.key.decode(keys);
    if (flowCatalog.lbx_frontend_meta.value.decode(values, key).flags & 1) elsewhere.add(key.revNatId);
  }
  return (revNatId) => elsewhere.has(revNatId);
}

function readGate(lab: Lab): PacketState['mayBeOurs'] {
  const words = new BigUint64Array(lab.xdp.map('lbx_gate').maxEntries);
  for (const [i, { values }] of [...readAll(lab, flowCatalog.lbx_gate)].entries())
    words[i] = new DataView(values.buffer, values.byteOffset).getBigUint64(0, true);
  const mask = words.length * 64 - 1;
  return (address, port, kind) => {
    const bit = (gateHash(address, port, kind) & mask) >>> 0;
    return ((words[bit >> 6]! >> BigInt(bit & 63)) & 1n) === 1n;
  };
}

/** The elements of an array map; the memory is used again for the next. */
export function* readAll(
  lab: Lab,
  layout: AnyLayout & { readonly name: string },
): Generator<{ readonly keys: Uint8Array; readonly values: Uint8Array }> {
  const map = lab.xdp.map(layout.name);
  for (const batch of map.readBatches()!) {
    for (let i = 0; i < batch.count; i++) {
      yield {
        keys: batch.keys.subarray(i * map.keySize, (i + 1) * map.keySize),
        values: batch.values.subarray(i * map.valueBytes, (i + 1) * map.valueBytes),
      };
    }
  }
}

/** Writes one entry of a service map behind the control plane's back; what is returned undoes it. */
export function poke(lab: Lab, { map: name, nth, at, byte }: Extract<Op, { kind: 'poke' }>): () => void {
  const map = lab.xdp.map(name);
  const keys = (
    name === 'lbx_backend_meta'
      ? [...readBackends(lab).keys()].map((backendId) =>
          flowCatalog.lbx_backend_meta.key.encode({ backendId }),
        )
      : [...map.keys()]
  ).sort(Buffer.compare);
  if (keys.length === 0) return () => {};
  const key = keys[nth % keys.length]!;
  if (name === 'lb4_maglev') {
    const inner = map.getInner(key)!;
    map.delete(key);
    return () => {
      map.setInner(key, inner);
      inner.close();
    };
  }
  const before = map.get(key)!;
  if (byte === undefined) map.delete(key);
  else map.set(key, before.with(at, byte));
  return () => map.set(key, before);
}
