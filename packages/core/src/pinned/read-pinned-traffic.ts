import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type AnyLayout, flowCatalog, serviceCatalog } from '@lbx/maps';
import { BpfMap } from 'libbpf-ts';
import { type Counters, readCounters } from '../counters.ts';
import { openTogether } from '../open-together.ts';
import { readTraffic, type Traffic, trafficMapNames } from '../traffic.ts';

const layouts: Readonly<Record<string, AnyLayout>> = { ...serviceCatalog, ...flowCatalog };
const names = [
  ...([4, 6] as const).flatMap((family) => [`lb${family}_services_v2`, `lb${family}_backends_v3`]),
  ...trafficMapNames,
  'lbx_counters',
];

/** Traffic and counters of one moment. */
export interface PinnedTraffic extends Traffic {
  readonly counters: Counters;
}

/** What a load balancer whose maps are pinned there has counted. Opened for reading only; close it when done. */
export interface PinnedTrafficReader extends Disposable {
  /** @throws CoreError `LBX_NO_TRAFFIC` where it does not count. */
  read(): PinnedTraffic;
}

/** Opens the maps that count, in whatever process they are written. */
export function openPinnedTraffic(pins: string): PinnedTrafficReader {
  return openTogether((use) => {
    const maps = new Map<string, BpfMap>();
    for (const name of names) {
      const path = join(pins, name);
      if (layouts[name] === undefined || !existsSync(path)) continue;
      maps.set(name, use(BpfMap.openPinned(path, { name }, { readOnly: true })));
    }
    return { read: () => ({ ...readTraffic(maps), counters: readCounters(maps) }) };
  });
}
