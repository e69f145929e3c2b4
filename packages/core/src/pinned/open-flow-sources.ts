import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  type AnyLayout,
  catalog,
  FLOW_WAYS,
  type FlowSourceName,
  type FlowSources,
  flowCatalog,
  flowPlace,
  flowSecretOf,
  flowSet4,
  flowSet6,
  LbxFlow4Bucket,
  LbxFlow6Bucket,
  type PinPlace,
  pinPath,
  type ReadableTable,
  serviceCatalog,
} from '@lbx/maps';
import { BpfMap } from 'libbpf-ts';
import { openTogether } from '../open-together.ts';
import { createKernelTable } from '../tables/kernel-table.ts';
import { placeOf } from './pin-place.ts';
import { assertKnownLayout } from './unknown-layout.ts';

/** Maps that know of flows, opened for reading only; close them when done. */
export interface PinnedFlows extends Disposable {
  readonly sources: FlowSources;
}

const layouts: Readonly<Record<string, AnyLayout>> = { ...catalog, ...flowCatalog };
/** Maps that flows are remembered in, and what says how; of lbx and of Cilium. */
export const flowSourceNames: readonly FlowSourceName[] = (
  ['lbx_flow', 'lbx_rev', 'ct@_global', 'ct_any@_global', 'snat_v@_external', 'lb@_reverse_sk'] as const
)
  .flatMap((name) =>
    ['4', '6'].map((family) => (name.includes('@') ? name.replace('@', family) : name + family)),
  )
  .concat('lbx_backend_meta', 'lbx_frontend_meta', 'lbx_gate') as FlowSourceName[];

/** Opens what is pinned at a place, or in a folder that is named by its path. @throws CoreError `LBX_LAYOUT_UNKNOWN`. */
export function openPinnedFlows(place: PinPlace | string = {}): PinnedFlows {
  const { prefix = '', ...from } = placeOf(place);
  return openTogether((use) => {
    const sources: Partial<Record<FlowSourceName, ReadableTable>> = {};
    const folder = dirname(pinPath(serviceCatalog.lb4_services_v2, from));
    const open = (layout: AnyLayout) => {
      const path = join(folder, `${prefix}${layout.name}`);
      if (!existsSync(path)) return undefined;
      const map = use(BpfMap.openPinned(path, { name: layout.name }, { readOnly: true }));
      assertKnownLayout(map, path, layout);
      return map;
    };
    for (const name of flowSourceNames) {
      const layout = layouts[name]!;
      const map = open(layout);
      if (map !== undefined) sources[name] = createKernelTable(map, layout);
    }
    for (const family of [4, 6] as const) {
      const set = open(flowCatalog[`lbx_flow_set${family}`]);
      if (set !== undefined) sources[`lbx_flow${family}`] = bucketTable(set, family);
    }
    return { sources };
  });
}

type AnyBucket = typeof LbxFlow4Bucket extends { decode(bytes: Uint8Array): infer B } ? B : never;

/** A bucket table as the hash table that it stands for, by system calls: nobody may map it into memory without writing. */
function bucketTable(map: BpfMap, family: 4 | 6): ReadableTable {
  const bucketOf = (family === 4 ? LbxFlow4Bucket : LbxFlow6Bucket) as typeof LbxFlow4Bucket;
  const keyOf = flowCatalog[`lbx_flow${family}`].key as (typeof flowCatalog)['lbx_flow4']['key'];
  const { keySize } = family === 4 ? flowSet4 : flowSet6;
  const buckets = map.maxEntries - 1;
  const index = (at: number) => new Uint8Array(Uint32Array.of(at).buffer);
  const secret = flowSecretOf(map.get(index(buckets))!);
  const ways = (bucket: AnyBucket, wanted?: number) =>
    bucket.entry.filter((_, way) =>
      wanted === undefined ? bucket.tag[way] !== 0 : bucket.tag[way] === wanted,
    );
  return {
    maxEntries: buckets * FLOW_WAYS,
    get(key) {
      const bytes = keyOf.encode(key as never);
      const { first, second, tag } = flowPlace(bytes, secret, buckets);
      for (const at of [first, second]) {
        const value = map.get(index(at));
        const flow =
          value && ways(bucketOf.decode(value), tag).find((one) => isSame(keyOf.encode(one.key), bytes));
        if (flow !== undefined) return flow;
      }
      return undefined;
    },
    *entries() {
      for (const [at, value] of map.entries()) {
        if (Buffer.from(at).readUInt32LE(0) === buckets || !value.subarray(0, 16).some((byte) => byte !== 0))
          continue;
        for (const flow of ways(bucketOf.decode(value))) yield [flow.key, flow];
      }
    },
  };

  function isSame(a: Uint8Array, b: Uint8Array): boolean {
    return Buffer.from(a).equals(b) && a.length === keySize;
  }
}
