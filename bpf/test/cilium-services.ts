import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  catalog,
  createIds,
  encodeLookupTable,
  frontendsOf,
  type ProjectOptions,
  parseHex,
  project,
  readServiceSpec,
  toHex,
} from '@lbx/maps';

/** What the programs look services up in, entry by entry, as Cilium's own code wrote it: bytes. */
export interface CiliumCase {
  readonly name: string;
  readonly algorithm: 'random' | 'maglev';
  readonly maglevSize: number;
  /** Name of the map → entries. */
  readonly maps: ReadonlyMap<string, readonly (readonly [key: Uint8Array, value: Uint8Array])[]>;
  /** Name of the outer map → id of the service → its table. */
  readonly tables: ReadonlyMap<string, ReadonlyMap<string, Uint32Array>>;
}

interface Line {
  readonly name: string;
  readonly config?: {
    algorithm?: 'random' | 'maglev';
    tableSize?: number;
    nodeAddrs?: string[];
    zones?: Record<string, number>;
  } & Record<string, unknown>;
  readonly services?: readonly unknown[];
  readonly result: {
    readonly ids?: { services?: Record<string, number>; backends?: Record<string, number> };
    readonly entries: Record<string, readonly (readonly [string, string, string])[]>;
  };
}

const MAPS: Readonly<Record<string, string>> = {
  svc4: 'lb4_services_v2',
  svc6: 'lb6_services_v2',
  be4: 'lb4_backends_v3',
  be6: 'lb6_backends_v3',
  aff: 'lb_affinity_match',
  src4: 'lb4_source_range',
  src6: 'lb6_source_range',
};
const TABLES: Readonly<Record<string, 'lb4_maglev' | 'lb6_maglev'>> = {
  mag4: 'lb4_maglev',
  mag6: 'lb6_maglev',
};

/** All cases of vectors/cilium-project.jsonl. */
export function readCiliumCases(): CiliumCase[] {
  const file = new URL('../../vectors/cilium-project.jsonl', import.meta.url);
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => readCase(JSON.parse(line) as Line));
}

function readCase(line: Line): CiliumCase {
  const { entries } = line.result;
  const { algorithm = 'random', tableSize = 251 } = line.config ?? {};
  const maps = new Map(
    Object.entries(entries).flatMap(([short, list]) => {
      const name = MAPS[short];
      return name
        ? [[name, list.map(([key, value]) => [parseHex(key), parseHex(value)] as const)] as const]
        : [];
    }),
  );
  return { name: line.name, algorithm, maglevSize: tableSize, maps, tables: tablesOf(line) };
}

/** The file has digests of the tables: ours are used where they have the same. */
function tablesOf(line: Line): CiliumCase['tables'] {
  const tables = new Map<string, Map<string, Uint32Array>>();
  for (const [short, name] of Object.entries(TABLES)) {
    const wanted = line.result.entries[short] ?? [];
    if (wanted.length === 0) continue;
    const ours = new Map<string, Uint32Array>();
    for (const { map, key, value } of projectionOf(line).entries.values()) {
      if (map === name)
        ours.set(toHex(catalog[name].key.encode(key as never)), value as unknown as Uint32Array);
    }
    const found = new Map<string, Uint32Array>();
    for (const [id, digest] of wanted) {
      const table = ours.get(id);
      // Cilium leaves what it wrote of a frontend that it then refuses.
      if (table === undefined) continue;
      const sha = createHash('sha256').update(encodeLookupTable(table)).digest('hex');
      if (`sha256:${sha}` !== digest) throw new Error(`${line.name}: Maglev table of ${id} is not Cilium's`);
      found.set(id, table);
    }
    tables.set(name, found);
  }
  return tables;
}

function projectionOf({ services = [], config = {}, result }: Line) {
  const ids = createIds();
  for (const [name, id] of Object.entries(result.ids?.services ?? {})) ids.frontends.restore(name, id);
  for (const [name, id] of Object.entries(result.ids?.backends ?? {})) ids.backends.restore(name, id);
  const specs = services.map((service) => readServiceSpec(service, { zones: config.zones ?? {} }));
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  const options: ProjectOptions = {
    nodeAddresses: config.nodeAddrs ?? [],
    algorithm: config.algorithm ?? 'random',
    maglevSize: config.tableSize ?? 251,
    perServiceAlgorithm: config.algorithmAnnotation === true,
    externalClusterIP: config.externalClusterIP === true,
  };
  return project(
    specs.flatMap((spec) => frontendsOf(spec, byName)),
    options,
    ids,
  );
}
