import {
  type Entry,
  isBackend,
  isReverseNat,
  type Lb4Frontend,
  type Lb4Key,
  type Lb4Slot,
  readSnapshot,
  type Tables,
} from '@lbx/maps';

type Of<N extends Entry['map']> = Extract<Entry, { map: N }>;
type ServiceEntry = Of<'lb4_services_v2' | 'lb6_services_v2'>;

interface ServiceSlots {
  master?: Lb4Frontend;
  readonly slots: Map<number, Lb4Slot>;
}

/**
 * What has to hold for maps at every moment, whatever services they serve: the datapath relies on it. Knows nothing of
 * how they were written. @returns what is wrong, one sentence each
 */
export function checkTables(tables: Tables): string[] {
  const entries = [...readSnapshot(tables).entries.values()];
  const wrong: string[] = [];
  const backends = new Map<number, string>();
  const endpoints = new Map<string, number>();
  const reverse = new Map<number, string>();
  const services = new Map<string, ServiceSlots>();
  const wildcards = new Set<string>();
  for (const entry of entries) {
    if (isBackend(entry)) {
      const { address, port, proto } = entry.value;
      const endpoint = `${address} ${port} ${proto}`;
      const { backendId } = entry.key;
      if (endpoints.has(endpoint))
        wrong.push(`backends ${endpoints.get(endpoint)} and ${backendId} are both ${endpoint}`);
      endpoints.set(endpoint, backendId);
      backends.set(backendId, entry.map.slice(0, 3));
    } else if (isReverseNat(entry)) {
      if (reverse.has(entry.key.revNatId))
        wrong.push(`reverse NAT ${entry.key.revNatId} is in both families`);
      reverse.set(entry.key.revNatId, `${entry.value.address} ${entry.value.port}`);
    } else if (isService(entry)) {
      const { address, dport, proto, scope, backendSlot } = entry.key as Lb4Key;
      if (dport === 0 && proto === 0) {
        wildcards.add(address);
        continue;
      }
      const name = `${address} ${dport} ${proto} ${scope}`;
      const service: ServiceSlots = services.get(name) ?? { slots: new Map<number, Lb4Slot>() };
      services.set(name, service);
      if (backendSlot === 0) service.master = entry.value as Lb4Frontend;
      else service.slots.set(backendSlot, entry.value as Lb4Slot);
    }
  }
  const owners = new Map<number, string>();
  const named = new Map<number, Set<number>>();
  for (const [name, { master, slots }] of services) {
    if (master === undefined) {
      wrong.push(`${name} has slots and no slot 0`);
      continue;
    }
    const id = master.revNatIndex;
    if (owners.has(id)) wrong.push(`${name} and ${owners.get(id)} both have id ${id}`);
    owners.set(id, name);
    if (reverse.get(id) !== name.split(' ').slice(0, 2).join(' '))
      wrong.push(`${name} has id ${id}, whose reverse NAT is ${reverse.get(id) ?? 'missing'}`);
    if (slots.size !== master.count + master.qcount)
      wrong.push(`${name} has ${slots.size} slots and counts ${master.count} + ${master.qcount}`);
    const used = new Set<number>();
    for (let slot = 1; slot <= master.count + master.qcount; slot++) {
      const value = slots.get(slot);
      if (value === undefined) wrong.push(`${name} has no slot ${slot}`);
      else if (backends.get(value.backendId) !== (name.includes(':') ? 'lb6' : 'lb4'))
        wrong.push(`slot ${slot} of ${name} names backend ${value.backendId}, which is not there`);
      else if (value.revNatIndex !== id || value.flags !== master.flags || value.flags2 !== master.flags2)
        wrong.push(`slot ${slot} of ${name} has another id or other flags than slot 0`);
      else if (used.has(value.backendId)) wrong.push(`${name} has backend ${value.backendId} twice`);
      if (value !== undefined) used.add(value.backendId);
    }
    named.set(id, used);
  }
  for (const [id, of] of reverse)
    if (!owners.has(id)) wrong.push(`reverse NAT ${id} of ${of} belongs to no frontend`);
  const inUse = new Set([...named.values()].flatMap((used) => [...used]));
  for (const id of backends.keys()) if (!inUse.has(id)) wrong.push(`backend ${id} is in no slot`);
  const addresses = new Set([...services.keys()].map((name) => name.split(' ')[0]));
  for (const address of wildcards)
    if (!addresses.has(address)) wrong.push(`the wildcard of ${address} has no frontend`);
  for (const entry of entries) {
    if (isBackend(entry) || isReverseNat(entry) || isService(entry)) continue;
    const { revNatId } = entry.key;
    const used = named.get(revNatId);
    if (used === undefined)
      wrong.push(`${entry.map} has an entry of frontend ${revNatId}, which is not there`);
    else if (entry.map === 'lb_affinity_match' && !used.has(entry.key.backendId))
      wrong.push(`affinity of frontend ${revNatId} knows backend ${entry.key.backendId}, which has no slot`);
    else if (entry.value instanceof Uint32Array && entry.value.some((id) => !used.has(id)))
      wrong.push(`the Maglev table of frontend ${revNatId} names a backend that has no slot`);
  }
  return wrong;
}

export const isService = (entry: Entry): entry is ServiceEntry =>
  entry.map === 'lb4_services_v2' || entry.map === 'lb6_services_v2';
