import { catalog } from '../catalog.ts';
import { valueText } from '../codec/field.ts';
import { keyTextOf } from '../dump/dump.ts';
import type { AnyLayout } from '../layouts/map-layout.ts';
import { Algorithm, BackendStateByte, ServiceFlag, ServiceFlag2 } from '../layouts/names.ts';
import type { Lb4Slot } from '../layouts/service.ts';
import { type Lb4SrcRangeKey, SOURCE_RANGE_STATIC_BITS } from '../layouts/source-range.ts';
import { readAddress } from '../model/address.ts';
import { hostPort } from '../model/endpoint-name.ts';
import type { Entry } from '../project/entry.ts';
import { isMaster, isService, isWildcard, type MasterValue, serviceName } from '../project/service-entry.ts';
import { type EntryNames, familyOfMap, isBackend } from './entry-names.ts';

/** What a field of an entry says, for people and for comparison. */
export type FieldValue = string | number | boolean;
export type Fields = Readonly<Record<string, FieldValue>>;

/** A Maglev table whose positions say names: that of position n is `names[table[n]]`. */
export interface NamedTable {
  readonly table: Uint32Array;
  readonly nameOf: (id: number) => string;
}

/** An entry with names where ids were: two states that differ in the choice of ids only have the same. */
export interface NamedEntry {
  readonly map: Entry['map'];
  /** As in a dump, with names: `198.51.100.1:80/TCP ext slot=0`, `192.0.2.10:8080/TCP`. */
  readonly key: string;
  readonly fields: Fields;
  /** Of Maglev tables. */
  readonly positions?: NamedTable;
  /** Name of the frontend that it belongs to; undefined of backends, wildcards, and what belongs to none. */
  readonly frontend?: string;
  readonly entry: Entry;
}

const stateText = valueText(BackendStateByte);
const algorithmText = valueText(Algorithm);

/** @param ids - whether ids count as fields too. */
export function nameEntry(entry: Entry, names: EntryNames, ids: boolean): NamedEntry {
  const { map, key, value } = entry;
  const layout = catalog[map] as AnyLayout;
  const family = familyOfMap(map);
  if (isService(entry)) {
    const own = isWildcard(entry) ? {} : { frontend: serviceName(entry) };
    const fields = isMaster(entry) ? masterFields(entry, names, ids) : slotFields(entry, names);
    return { map, key: keyTextOf(layout).format(key), fields, ...own, entry };
  }
  if (isBackend(entry)) {
    const { state, zone, clusterId } = entry.value;
    const { backendId } = entry.key;
    const shared = {
      state: stateText.format(state),
      zone,
      cluster: clusterId,
      ...(ids && { id: backendId }),
    };
    return { map, key: names.backend(family!, backendId), fields: shared, entry };
  }
  const { revNatId } = key as { revNatId: number };
  const frontend = names.frontend(family, revNatId);
  const whose = frontend ?? `frontend id ${revNatId} (nobody's)`;
  const own = frontend === undefined ? { entry } : { frontend, entry };
  if (value instanceof Uint32Array) {
    const nameOf = (id: number) => names.backend(family!, id);
    return { map, key: whose, fields: { size: value.length }, positions: { table: value, nameOf }, ...own };
  }
  if ('backendId' in key) {
    const backend = names.backend(frontend?.startsWith('[') ? 6 : 4, key.backendId);
    return { map, key: `${whose} ${backend}`, fields: {}, ...own };
  }
  if ('addr' in key) return { map, key: `${whose} ${rangeText(key as Lb4SrcRangeKey)}`, fields: {}, ...own };
  const { address, port } = value as { address: string; port: number };
  return { map, key: whose, fields: { address: hostPort(address, port) }, ...own };
}

/** `203.0.113.0/24`. */
export function rangeText({ addr, prefixlen }: Lb4SrcRangeKey): string {
  return `${readAddress(addr)?.text ?? addr}/${prefixlen - SOURCE_RANGE_STATIC_BITS}`;
}

function masterFields(entry: Entry, names: EntryNames, ids: boolean): Fields {
  const value = entry.value as MasterValue;
  const first =
    'l7LbProxyPort' in value
      ? { proxyPort: value.l7LbProxyPort }
      : {
          algorithm: algorithmText.format(value.affinityTimeout.algorithm),
          affinitySeconds: value.affinityTimeout.seconds,
        };
  return {
    ...first,
    count: value.count,
    qcount: value.qcount,
    ...flagFields(value),
    ...idField(entry, names),
    ...(ids && { id: value.revNatIndex }),
  };
}

function slotFields(entry: Entry, names: EntryNames): Fields {
  const value = entry.value as Lb4Slot;
  const backend = names.backend(familyOfMap(entry.map)!, value.backendId);
  const { count, qcount } = value;
  return { backend, count, qcount, ...flagFields(value), ...idField(entry, names) };
}

/** Says whose id it is where that is not its own. */
function idField(entry: Entry, names: EntryNames): Fields {
  const { revNatIndex } = entry.value as MasterValue;
  if (isWildcard(entry)) return revNatIndex === 0 ? {} : { idOf: `id ${revNatIndex}` };
  const owner = names.frontend(familyOfMap(entry.map), revNatIndex);
  return owner === serviceName(entry) ? {} : { idOf: owner ?? `id ${revNatIndex} (nobody's)` };
}

/** Each flag for itself. */
function flagFields({ flags, flags2 }: Pick<MasterValue, 'flags' | 'flags2'>): Fields {
  const on: Record<string, FieldValue> = {};
  for (const [name, bit] of Object.entries(ServiceFlag)) on[name] = (flags & bit) !== 0;
  for (const [name, bit] of Object.entries(ServiceFlag2)) on[name] = (flags2 & bit) !== 0;
  return on;
}
