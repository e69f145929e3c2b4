import type { MapValue } from '../catalog.ts';
import type { Lb4Slot } from '../layouts/service.ts';
import type { Family } from '../model/address.ts';
import { endpointName } from '../model/endpoint-name.ts';
import { protocolName } from '../model/protocol.ts';
import type { Snapshot } from '../plan/snapshot.ts';
import type { Entry } from '../project/entry.ts';
import { isMaster, isService, isWildcard, type MasterValue, serviceName } from '../project/service-entry.ts';

/** What the ids of one state stand for. */
export interface EntryNames {
  /** `192.0.2.10:8080/TCP`; of an id that no backend has, a text with the id. */
  backend(family: Family, id: number): string;
  /** Name of the frontend that has the id; undefined when none has. Without a family, of either. */
  frontend(family: Family | undefined, id: number): string | undefined;
}

/** Of an entry of the map of one family; undefined of the affinity matches, which both share. */
export function familyOfMap(map: string): Family | undefined {
  return map.startsWith('lb4_') ? 4 : map.startsWith('lb6_') ? 6 : undefined;
}

/**
 * Gives the ids of a state names that depend on nothing but what they stand for. Where several backends are the same
 * endpoint (a fault of whoever wrote them), those that no slot names come last, and they are numbered by id. Where several
 * frontends have one id, it is that of the one that the reverse NAT entry names.
 */
export function nameEntries({ entries }: Snapshot): EntryNames {
  return { backend: nameBackends(entries.values()), frontend: nameFrontends(entries.values()) };
}

function nameBackends(entries: Iterable<Entry>): EntryNames['backend'] {
  const found: { family: Family; id: number; name: string }[] = [];
  const used = new Set<string>();
  for (const entry of entries) {
    const family = familyOfMap(entry.map);
    if (isService(entry) && !isMaster(entry)) used.add(`${family} ${(entry.value as Lb4Slot).backendId}`);
    else if (family !== undefined && isBackend(entry))
      found.push({ family, id: entry.key.backendId, name: endpointOf(entry.value) });
  }
  const rank = ({ family, id }: { family: Family; id: number }) => (used.has(`${family} ${id}`) ? 0 : 1);
  const names = new Map<string, string>();
  const times = new Map<string, number>();
  for (const one of found.sort((a, b) => rank(a) - rank(b) || a.id - b.id)) {
    const time = (times.get(one.name) ?? 0) + 1;
    times.set(one.name, time);
    names.set(`${one.family} ${one.id}`, time === 1 ? one.name : `${one.name} (again, ${time})`);
  }
  return (family, id) => names.get(`${family} ${id}`) ?? `id ${id} (missing)`;
}

function nameFrontends(entries: Iterable<Entry>): EntryNames['frontend'] {
  const reverse = new Map<string, string>();
  const masters: { family: Family; id: number; place: string; name: string }[] = [];
  for (const entry of entries) {
    const family = familyOfMap(entry.map);
    if (family === undefined) continue;
    if ('port' in entry.value && 'revNatId' in entry.key) {
      const { address, port } = entry.value as { address: string; port: number };
      reverse.set(`${family} ${entry.key.revNatId}`, `${address} ${port}`);
    } else if (isMaster(entry) && !isWildcard(entry)) {
      const { address, dport } = entry.key as { address: string; dport: number };
      const id = (entry.value as MasterValue).revNatIndex;
      masters.push({ family, id, place: `${address} ${dport}`, name: serviceName(entry) });
    }
  }
  const rank = ({ family, id, place }: (typeof masters)[number]) =>
    reverse.get(`${family} ${id}`) === place ? 0 : 1;
  const names = new Map<string, string>();
  masters.sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  for (const { family, id, name } of masters)
    if (!names.has(`${family} ${id}`)) names.set(`${family} ${id}`, name);
  const find = (family: Family, id: number) => names.get(`${family} ${id}`);
  return (family, id) => (family === undefined ? (find(4, id) ?? find(6, id)) : find(family, id));
}

/** An entry of a backends map. */
export type BackendEntry = Entry & {
  readonly key: { readonly backendId: number };
  readonly value: MapValue<'lb4_backends_v3'>;
};

export function isBackend(entry: Entry): entry is BackendEntry {
  return entry.map === 'lb4_backends_v3' || entry.map === 'lb6_backends_v3';
}

/** `192.0.2.10:8080/TCP`. */
export function endpointOf({ address, port, proto }: MapValue<'lb4_backends_v3'>): string {
  return endpointName(address, port, protocolName(proto));
}
