import {
  type AnyLayout,
  type Backend,
  catalog,
  createGate,
  createIds,
  type Entry,
  type Frontend,
  FrontendMetaFlag,
  flowCatalog,
  GATE_BACKEND,
  type Gate,
  generationAdded,
  generationRemoved,
  type Ids,
  type ProjectOptions,
  project,
  protocolNumbers,
} from '@lbx/maps';
import { BpfMap, type BpfObject } from 'libbpf-ts';
import type { FlowMap } from './flow-map.ts';

/**
 * The control plane of the packet tests: writes what `project` makes of frontends, and the datapath's derived state,
 * in the order that bpf/README.md asks for.
 */
export interface XdpTables {
  /** Backend ids by "address:port/proto", proto a number. */
  readonly backendIds: ReadonlyMap<string, number>;
  /** Makes these the frontends; everything else goes. */
  apply(frontends: readonly Frontend[]): void;
  /** Reads one entry of a map of the object. */
  get<K, V>(layout: AnyLayout & { name: string }, key: K): V | undefined;
  set<K, V>(layout: AnyLayout & { name: string }, key: K, value: V): void;
  delete<K>(layout: AnyLayout & { name: string }, key: K): boolean;
  entries<K, V>(layout: AnyLayout & { name: string }): [K, V][];
  clear(layout: { name: string }): void;
}

interface Meta {
  readonly generation: number;
  readonly isLocal: boolean;
}

type EntryOf<M extends Entry['map']> = Extract<Entry, { readonly map: M }>;
const isService = (entry: Entry): entry is EntryOf<'lb4_services_v2' | 'lb6_services_v2'> =>
  entry.map === 'lb4_services_v2' || entry.map === 'lb6_services_v2';
const isBackend = (entry: Entry): entry is EntryOf<'lb4_backends_v3' | 'lb6_backends_v3'> =>
  entry.map === 'lb4_backends_v3' || entry.map === 'lb6_backends_v3';
/** The name of a service map without its family: `services_v2`. */
const kindOf = ({ map }: Entry) => map.replace(/^lb[46]?_/, '');

export function createXdpTables(
  object: BpfObject,
  options: ProjectOptions & { derived: boolean; flows?: FlowMap },
): XdpTables {
  const mapOf = (name: string) =>
    (/^lbx_flow[46]$/.test(name) ? options.flows : undefined) ?? object.map(name);
  const ids: Ids = createIds();
  const gate: Gate = createGate(object.map('lbx_gate').maxEntries);
  const meta = new Map<number, Meta>();
  const backendIds = new Map<string, number>();
  let entries: ReadonlyMap<string, Entry> = new Map();
  let gated: [string, number, number][] = [];

  const tables: XdpTables = {
    backendIds,
    get: (layout, key) => {
      const bytes = mapOf(layout.name).get(layout.key.encode(key));
      return bytes && layout.value.get(viewOf(bytes), 0, key);
    },
    set: (layout, key, value) => {
      const bytes = new Uint8Array(layout.valueSize);
      layout.value.put(viewOf(bytes), 0, value, key);
      mapOf(layout.name).set(layout.key.encode(key), bytes);
    },
    delete: (layout, key) => mapOf(layout.name).delete(layout.key.encode(key)),
    entries: (layout) =>
      [...mapOf(layout.name).entries()].map(([key, value]) => {
        const decoded = layout.key.decode(key);
        return [decoded, layout.value.get(viewOf(value), 0, decoded)] as never;
      }),
    clear: ({ name }) => mapOf(name).clear(),
    apply(frontends) {
      const { entries: desired, refused } = project(frontends, options, ids);
      if (refused.length > 0) throw refused[0]!.error;
      const backends = new Map(
        frontends.flatMap((frontend) =>
          frontend.backends.map(
            (backend) =>
              [`${backend.address}:${backend.port}/${protocolNumbers[backend.protocol]}`, backend] as const,
          ),
        ),
      );
      const gone = [...entries].filter(([id]) => !desired.has(id)).map(([, entry]) => entry);
      const oldGate = gated;
      gated = gateOf(desired.values(), backends);
      for (const endpoint of gated) setGate(gate.add(...endpoint));
      for (const entry of gone.filter(isService)) remove(entry);
      for (const entry of gone) {
        if (!isBackend(entry)) continue;
        setMeta(entry.key.backendId, (now) => ({ ...now, generation: generationRemoved(now.generation) }));
      }
      for (const entry of gone.filter((each) => !isService(each))) remove(entry);
      writeFrontendMeta(desired.values(), frontends);
      for (const entry of inWriteOrder(desired.values())) write(entry, backends);
      for (const endpoint of oldGate) setGate(gate.remove(...endpoint));
      entries = desired;
    },
  };
  return tables;

  /** Which frontends without backends here have some elsewhere. */
  function writeFrontendMeta(desired: Iterable<Entry>, frontends: readonly Frontend[]): void {
    for (const { map, key, value } of desired) {
      if (map !== 'lb4_services_v2' || key.backendSlot !== 0 || key.dport === 0) continue;
      const { endpointsElsewhere } =
        frontends.find(({ address, port }) => address === key.address && port === key.dport) ?? {};
      const flags = endpointsElsewhere ? FrontendMetaFlag.elsewhere : 0;
      tables.set(flowCatalog.lbx_frontend_meta, { revNatId: value.revNatIndex }, { flags });
    }
  }

  function remove(entry: Entry): void {
    if (isOurs(entry)) tables.delete(catalog[entry.map], entry.key);
  }

  function write(entry: Entry, backends: ReadonlyMap<string, Backend>): void {
    if (!isOurs(entry)) return;
    if (entry.map === 'lb4_maglev' || entry.map === 'lb6_maglev') {
      const table = entry.value as unknown as Uint32Array;
      using inner = BpfMap.create({ type: 'array', keySize: 4, valueSize: table.byteLength, maxEntries: 1 });
      inner.set(new Uint8Array(4), new Uint8Array(table.buffer, table.byteOffset, table.byteLength));
      object.map(entry.map).setInner(catalog[entry.map].key.encode(entry.key), inner);
      return;
    }
    tables.set(catalog[entry.map], entry.key, entry.value);
    if (!isBackend(entry)) return;
    const { address, port, proto } = entry.value;
    const name = `${address}:${port}/${proto}`;
    const isLocal = backends.get(name)?.node === 'local';
    backendIds.set(name, entry.key.backendId);
    setMeta(entry.key.backendId, (now) =>
      now.generation % 2 === 1 && now.isLocal === isLocal
        ? now
        : { generation: generationAdded(now.generation), isLocal },
    );
  }

  function isOurs(entry: Entry): boolean {
    return object.maps().some(({ name }) => name === entry.map);
  }

  function setMeta(id: number, change: (now: Meta) => Meta): void {
    const now = meta.get(id) ?? { generation: 0, isLocal: false };
    const next = change(now);
    meta.set(id, next);
    if (options.derived && next !== now) {
      tables.set(
        flowCatalog.lbx_backend_meta,
        { backendId: id },
        { generation: next.generation, flags: next.isLocal ? 1 : 0, state: 0 },
      );
    }
  }

  function setGate(word: number | undefined): void {
    if (word !== undefined) tables.set(flowCatalog.lbx_gate, { word }, { bits: gate.word(word) });
  }
}

function gateOf(
  entries: Iterable<Entry>,
  backends: ReadonlyMap<string, Backend>,
): [string, number, number][] {
  const endpoints: [string, number, number][] = [];
  for (const entry of entries) {
    if (isService(entry) && entry.key.backendSlot === 0 && entry.key.scope === 0) {
      endpoints.push([entry.key.address, entry.key.dport, entry.key.proto]);
    }
  }
  for (const { address, port, protocol, node } of backends.values()) {
    if (node === 'local') endpoints.push([address, port, protocolNumbers[protocol] + GATE_BACKEND]);
  }
  return endpoints;
}

const order = ['backends_v3', 'reverse_nat', 'source_range', 'maglev', 'affinity_match'];

function inWriteOrder(entries: Iterable<Entry>): Entry[] {
  const rank = (entry: Entry) => {
    if (!isService(entry)) return order.indexOf(kindOf(entry));
    return entry.key.backendSlot === 0 ? order.length + 1 : order.length;
  };
  return [...entries].sort((a, b) => rank(a) - rank(b));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
