import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  type AnyLayout,
  catalog,
  FLOW_WAYS,
  flowCatalog,
  type PinPlace,
  pinPath,
  REV_WAYS,
  serviceCatalog,
} from '@lbx/maps';
import { BpfMap } from 'libbpf-ts';
import { countEntries } from './count-entries.ts';
import { flowSourceNames } from './open-flow-sources.ts';
import { placeOf } from './pin-place.ts';
import { assertKnownLayout } from './unknown-layout.ts';

/** How full a map is. */
export interface MapFill {
  readonly name: string;
  /** Of services, or of flows that are remembered. */
  readonly about: 'services' | 'flows';
  readonly entries: number;
  readonly maxEntries: number;
  /** It refuses entries when it is full; others forget what was silent longest. */
  readonly refuses: boolean;
}

const layouts: Readonly<Record<string, AnyLayout>> = { ...catalog, ...flowCatalog };
const flowMaps = [
  ...flowSourceNames.filter((name) => !/meta|gate/.test(name)),
  'lbx_flow_set4',
  'lbx_flow_set6',
];

/** Counts the entries of the maps of services and of flows that are pinned at a place. Only reads. @throws CoreError `LBX_LAYOUT_UNKNOWN`. */
export function measurePinnedMaps(place: PinPlace | string = {}): MapFill[] {
  const { prefix = '', ...from } = placeOf(place);
  const folder = dirname(pinPath(serviceCatalog.lb4_services_v2, from));
  const measure = (name: string, about: MapFill['about']): MapFill[] => {
    const layout = layouts[name];
    const path = join(folder, `${prefix}${name}`);
    if (layout === undefined || !existsSync(path)) return [];
    using map = BpfMap.openPinned(path, { name }, { readOnly: true });
    assertKnownLayout(map, path, layout);
    // The kind of flow table that is not in use has one element, or two.
    if (about === 'flows' && map.maxEntries <= 2) return [];
    const buckets = bucketsOf(name, map);
    const [entries, maxEntries] =
      buckets === undefined
        ? [countEntries(map), map.maxEntries]
        : [countTags(map, buckets), buckets.count * buckets.ways];
    return [{ name, about, entries, maxEntries, refuses: about === 'services' }];
  };
  return [
    ...Object.keys(serviceCatalog).flatMap((name) => measure(name, 'services')),
    ...flowMaps.flatMap((name) => measure(name, 'flows')),
  ];
}

/** An array whose elements have room for several flows; tags at their beginning tell the places that are taken. */
interface Buckets {
  readonly count: number;
  readonly ways: number;
  readonly tagBytes: 2 | 4;
}

function bucketsOf(name: string, { maxEntries }: BpfMap): Buckets | undefined {
  // The last element of a flow set is no bucket.
  if (/^lbx_flow_set/.test(name)) return { count: maxEntries - 1, ways: FLOW_WAYS, tagBytes: 2 };
  if (/^lbx_rev/.test(name)) return { count: maxEntries, ways: REV_WAYS, tagBytes: 4 };
  return undefined;
}

function countTags(map: BpfMap, { count, ways, tagBytes }: Buckets): number {
  let taken = 0;
  let bucket = 0;
  for (const batch of map.readBatches() ?? []) {
    for (let at = 0; at < batch.count && bucket < count; at++, bucket++) {
      const tags = Buffer.from(
        batch.values.buffer,
        batch.values.byteOffset + at * map.valueBytes,
        ways * tagBytes,
      );
      for (let way = 0; way < ways; way++) if (tags.readUIntLE(tagBytes * way, tagBytes) !== 0) taken++;
    }
  }
  return taken;
}
