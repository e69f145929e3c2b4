import {
  type Backend,
  catalog,
  createGate,
  createIds,
  type Entry,
  type Family,
  type Frontend,
  FrontendMetaFlag,
  flowCatalog,
  GATE_BACKEND,
  generationAdded,
  generationRemoved,
  project,
  protocolNumbers,
  sameEntry,
} from '@lbx/maps';
import { BpfMap } from 'libbpf-ts';
import { type Kernel, type KernelOptions, MAGLEV_SIZE } from './kernel.ts';
import { mapsOfFamily } from './map-names.ts';
import { families, places } from './place.ts';

/** Writes services, and what is derived from them, into the maps. No packet comes meanwhile, so the order is of no matter. */
export interface ControlPlane {
  apply(frontends: readonly Frontend[]): void;
}

export function createControlPlane(
  kernel: Kernel,
  { algorithm, derived, gateWords, wildcards }: KernelOptions,
): ControlPlane {
  const options = {
    algorithm: algorithm ?? 'random',
    maglevSize: MAGLEV_SIZE,
    wildcards: wildcards ?? true,
    nodeAddresses: families.map((family) => places[family].node),
  } as const;
  const ids = createIds();
  const generations = new Map<number, number>();
  let locals = new Set<number>();
  let entries: ReadonlyMap<string, Entry> = new Map();

  return {
    apply(frontends) {
      const projection = project(frontends, options, ids);
      if (projection.refused.length > 0) throw projection.refused[0]!.error;
      // Reverse NAT entries are for sockets: these programs do not have the map.
      const wanted = new Map([...projection.entries].filter(([, { map }]) => kernel.has(map)));
      for (const [id, entry] of entries) if (!wanted.has(id)) kernel.delete(catalog[entry.map], entry.key);
      const changed = [...wanted].filter(
        ([id, entry]) => !entries.has(id) || !sameEntry(entries.get(id)!, entry),
      );
      for (const [, entry] of changed)
        if (!isMaglev(entry)) kernel.set(catalog[entry.map], entry.key, entry.value);
      for (const { maglev } of Object.values(mapsOfFamily)) {
        writeMaglev(
          maglev,
          changed.map(([, entry]) => entry),
        );
      }
      const backends = new Map(
        frontends.flatMap((each) => each.backends.map((one) => [nameOf(one), one] as const)),
      );
      writeBackendMeta(wanted, backends);
      writeFrontendMeta(wanted, frontends);
      writeGate(wanted, backends);
      entries = wanted;
    },
  };

  /** Many at once: the kernel waits after each write to a map of maps, some 10 ms. */
  function writeMaglev(
    { name, key }: (typeof mapsOfFamily)[Family]['maglev'],
    changed: readonly Entry[],
  ): void {
    const tables = changed.filter(({ map }) => map === name);
    if (tables.length === 0) return;
    const stack = new DisposableStack();
    const inner = tables.map(({ value }) => {
      const table = value as unknown as Uint32Array;
      const map = BpfMap.create({ type: 'array', keySize: 4, valueSize: table.byteLength, maxEntries: 1 });
      map.set(new Uint8Array(4), new Uint8Array(table.buffer, table.byteOffset, table.byteLength));
      return stack.use(map);
    });
    const keys = Buffer.concat(tables.map((entry) => key.encode(entry.key as never)));
    const fds = Uint32Array.from(inner, ({ fd }) => fd);
    kernel.map(name).updateBatch(keys, new Uint8Array(fds.buffer));
    stack.dispose();
  }

  function writeBackendMeta(
    wanted: ReadonlyMap<string, Entry>,
    backends: ReadonlyMap<string, Backend>,
  ): void {
    const now = new Set<number>();
    const here = new Set<number>();
    for (const { map, key, value } of wanted.values()) {
      if (map !== 'lb4_backends_v3' && map !== 'lb6_backends_v3') continue;
      now.add(key.backendId);
      if (backends.get(`${value.address} ${value.port} ${value.proto}`)?.node === 'local')
        here.add(key.backendId);
    }
    for (const id of new Set([...generations.keys(), ...now])) {
      const generation = generations.get(id) ?? 0;
      const stays = generation % 2 === 1 && now.has(id) && locals.has(id) === here.has(id);
      const next = stays
        ? generation
        : now.has(id)
          ? generationAdded(generation)
          : generationRemoved(generation);
      generations.set(id, next);
      const value = { generation: next, flags: here.has(id) ? 1 : 0, state: 0 };
      if (derived !== false) kernel.set(flowCatalog.lbx_backend_meta, { backendId: id }, value);
    }
    locals = here;
  }

  /** Which frontends without backends here have some elsewhere. */
  function writeFrontendMeta(wanted: ReadonlyMap<string, Entry>, frontends: readonly Frontend[]): void {
    for (const { map, key, value } of wanted.values()) {
      if (
        (map !== 'lb4_services_v2' && map !== 'lb6_services_v2') ||
        key.backendSlot !== 0 ||
        key.dport === 0
      )
        continue;
      const of = frontends.find(
        (each) =>
          each.address === key.address &&
          each.port === key.dport &&
          protocolNumbers[each.protocol] === key.proto,
      );
      const flags = of?.endpointsElsewhere ? FrontendMetaFlag.elsewhere : 0;
      kernel.set(flowCatalog.lbx_frontend_meta, { revNatId: value.revNatIndex }, { flags });
    }
  }

  function writeGate(wanted: ReadonlyMap<string, Entry>, backends: ReadonlyMap<string, Backend>): void {
    const gate = createGate(gateWords ?? 1024);
    for (const { map, key } of wanted.values()) {
      const isService = map === 'lb4_services_v2' || map === 'lb6_services_v2';
      if (isService && key.backendSlot === 0 && key.scope === 0) gate.add(key.address, key.dport, key.proto);
    }
    for (const { address, port, protocol, node } of backends.values()) {
      if (node === 'local') gate.add(address, port, protocolNumbers[protocol] + GATE_BACKEND);
    }
    const words = BigUint64Array.from({ length: gate.words }, (_, i) => gate.word(i));
    const keys = Uint32Array.from({ length: gate.words }, (_, i) => i);
    kernel.map('lbx_gate').updateBatch(new Uint8Array(keys.buffer), new Uint8Array(words.buffer));
  }
}

function isMaglev({ map }: Entry): boolean {
  return map === 'lb4_maglev' || map === 'lb6_maglev';
}

function nameOf({ address, port, protocol }: Backend): string {
  return `${address} ${port} ${protocolNumbers[protocol]}`;
}
