import type { MapKey, MapValue } from '../catalog.ts';
import { SOURCE_RANGE_STATIC_BITS } from '../layouts/source-range.ts';
import { endpointName, hostPort } from '../model/endpoint-name.ts';
import { protocolName } from '../model/protocol.ts';
import type { Entry } from '../project/entry.ts';
import { isMaster, isService, isWildcard, type MasterValue, serviceName } from '../project/service-entry.ts';
import { sha256 } from './sha256.ts';

/** Ids to names: those that the entries themselves give, and what else is known of ids that only stale entries have. */
export interface EntryNames {
  readonly frontends: ReadonlyMap<number, string>;
  readonly backends: ReadonlyMap<number, string>;
}

/**
 * The names that a set of entries gives its ids: slot 0 names a frontend, an entry of the backends maps a backend.
 *
 * @param slots let other slots name a frontend too: what an update wrote that failed before slot 0
 */
export function namesOf(entries: Iterable<Entry>, known?: EntryNames, slots = false): EntryNames {
  const frontends = new Map(known?.frontends);
  const backends = new Map(known?.backends);
  for (const entry of entries) {
    if ((isMaster(entry) || (slots && isService(entry))) && !isWildcard(entry))
      frontends.set((entry.value as MasterValue).revNatIndex, serviceName(entry));
    else if ('clusterId' in entry.value) {
      const { address, port, proto } = entry.value;
      const { backendId } = entry.key as MapKey<'lb4_backends_v3'>;
      backends.set(backendId, endpointName(address, port, protocolName(proto)));
    }
  }
  return { frontends, backends };
}

/**
 * An entry with names instead of ids, so that maps of two implementations can be compared as sets of lines, as
 * vectors/cilium-project.jsonl and cilium-project-steps.jsonl have them: `svc NAME slot N => …`, `backend NAME => …`.
 */
export function entryText(entry: Entry, { frontends, backends }: EntryNames): string {
  const frontend = (id: number) => (id === 0 ? '-' : (frontends.get(id) ?? `frontend ${id}`));
  const backend = (id: number) => backends.get(id) ?? `backend ${id}`;
  const { key, value } = entry;
  if (isService(entry)) {
    const { backendSlot } = key as MapKey<'lb4_services_v2'>;
    const name = isWildcard(entry) ? wildcardName(entry) : serviceName(entry);
    const service = value as MapValue<'lb4_services_v2'>;
    const flags = (service.flags | (service.flags2 << 8)).toString(16).padStart(4, '0');
    const rest = `count ${service.count} qcount ${service.qcount} flags 0x${flags} rev ${frontend(service.revNatIndex)}`;
    return `svc ${name} slot ${backendSlot} => ${firstWord(service, backend)} ${rest}`;
  }
  if (entry.map === 'lb_affinity_match') {
    const { backendId, revNatId } = key as MapKey<'lb_affinity_match'>;
    return `affinity ${frontend(revNatId)} ${backend(backendId)}`;
  }
  if ('clusterId' in value) {
    const { state, clusterId, zone } = value;
    const name = backend((key as MapKey<'lb4_backends_v3'>).backendId);
    return `backend ${name} => state ${state} cluster ${clusterId} zone ${zone}`;
  }
  const name = frontend((key as { revNatId: number }).revNatId);
  if ('addr' in key) {
    const address = entry.map === 'lb6_source_range' ? `[${key.addr}]` : key.addr;
    return `range ${name} ${address}/${key.prefixlen - SOURCE_RANGE_STATIC_BITS}`;
  }
  if (value instanceof Uint32Array) return `maglev ${name} => ${tableText(value, backend)}`;
  const { address, port } = value as MapValue<'lb4_reverse_nat'>;
  return `revnat ${name} => ${hostPort(address, port)}`;
}

function firstWord(service: MapValue<'lb4_services_v2'>, backend: (id: number) => string): string {
  if ('backendId' in service) return `backend ${backend(service.backendId)}`;
  if ('l7LbProxyPort' in service) return `proxyPort ${service.l7LbProxyPort}`;
  const { algorithm, seconds } = service.affinityTimeout;
  return `alg ${algorithm} affinity ${seconds}`;
}

function wildcardName({ key }: Entry): string {
  return `${hostPort((key as MapKey<'lb4_services_v2'>).address, 0)}/ANY`;
}

/** How many positions each backend has, and the first digits of the hash of all their names in order. */
function tableText(table: Uint32Array, backend: (id: number) => string): string {
  const counts = new Map<string, number>();
  const hash = sha256();
  for (const id of table) {
    const name = backend(id);
    counts.set(name, (counts.get(name) ?? 0) + 1);
    hash.update(`${name}\n`);
  }
  const parts = [...counts].sort().map(([name, count]) => `${name}*${count}`);
  return `${parts.join(' ')} #${hash.digest('hex').slice(0, 8)}`;
}
