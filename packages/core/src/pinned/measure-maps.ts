import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  type AnyLayout,
  catalog,
  FLOW_WAYS,
  flowCatalog,
  type PinPlace,
  pinPath,
  serviceCatalog,
} from '@lbx/maps';
import { BpfMap } from 'libbpf-ts';
import { countEntries } from './count-entries.ts';
import { flowSourceNames } from './open-flow-sources.ts';
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
export function measurePinnedMaps(place: PinPlace = {}): MapFill[] {
  const folder = dirname(pinPath(serviceCatalog.lb4_services_v2, place));
  const measure = (name: string, about: MapFill['about']): MapFill[] => {
    const layout = layouts[name];
    const path = join(folder, `${place.prefix ?? ''}${name}`);
    if (layout === undefined || !existsSync(path)) return [];
    using map = BpfMap.openPinned(path, { name }, { readOnly: true });
    assertKnownLayout(map, path, layout);
    const isSet = name.startsWith('lbx_flow_set');
    // The kind of flow table that is not in use has one element, or two.
    if (about === 'flows' && map.maxEntries <= 2) return [];
    return [
      {
        name,
        about,
        entries: isSet ? countFlows(map) : countEntries(map),
        maxEntries: isSet ? (map.maxEntries - 1) * FLOW_WAYS : map.maxEntries,
        refuses: about === 'services',
      },
    ];
  };
  return [
    ...Object.keys(serviceCatalog).flatMap((name) => measure(name, 'services')),
    ...flowMaps.flatMap((name) => measure(name, 'flows')),
  ];
}

/** Places of a bucket table that are taken: by the tags at the beginning of each bucket but the last one, which has none. */
function countFlows(map: BpfMap): number {
  let flows = 0;
  let bucket = 0;
  for (const { values, count } of map.readBatches() ?? []) {
    for (let at = 0; at < count && bucket < map.maxEntries - 1; at++, bucket++) {
      const tags = new DataView(values.buffer, values.byteOffset + at * map.valueBytes, 2 * FLOW_WAYS);
      for (let way = 0; way < FLOW_WAYS; way++) if (tags.getUint16(2 * way, true) !== 0) flows++;
    }
  }
  return flows;
}
