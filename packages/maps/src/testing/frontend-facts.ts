import { createHash } from 'node:crypto';
import { catalog } from '../catalog.ts';
import { type DumpEntry, keyTextOf, valueTextOf } from '../dump/dump.ts';
import type { Lb4Backend } from '../layouts/backend.ts';
import { maglevShares } from '../layouts/maglev-text.ts';
import type { AnyLayout } from '../layouts/map-layout.ts';
import type { Lb4Key, Lb4Slot, ServiceValue } from '../layouts/service.ts';
import { familyOf } from '../model/address.ts';
import { endpointName } from '../model/endpoint-name.ts';
import { protocolName } from '../model/protocol.ts';
import { mapsOf } from '../project/entry.ts';
import type { Facts } from './compare-facts.ts';
import { entryFacts } from './entry-facts.ts';
import { idOf } from './map-contents.ts';

/**
 * What entries say of a frontend, without ids and the order of slots: two frontends with the same facts serve the same.
 *
 * @param master - the entry of its slot 0; only its key counts.
 * @returns undefined when there is no such entry.
 */
export function frontendFacts(
  entries: ReadonlyMap<string, DumpEntry>,
  { map, key: masterKey }: DumpEntry,
): Facts | undefined {
  const key = masterKey as Lb4Key;
  const maps = mapsOf[familyOf(key.address)];
  const find = (name: string, its: object) => entries.get(idOf({ map: name, key: its, value: undefined }));
  const master = find(map, key);
  if (master === undefined) return undefined;
  const { revNatIndex: revNatId, count, qcount, flags, flags2 } = master.value as ServiceValue;
  const nameOf = (backendId: number) => {
    const backend = find(maps.backends, { backendId })?.value as Lb4Backend | undefined;
    if (backend === undefined) return `${backendId} (not in ${maps.backends})`;
    return endpointName(backend.address, backend.port, protocolName(backend.proto));
  };

  const facts = new Map(entryFacts(master));
  facts.delete('rev');
  for (let backendSlot = 1; backendSlot <= count + qcount; backendSlot++) {
    const slot = find(map, { ...key, backendSlot })?.value as Lb4Slot | undefined;
    if (slot === undefined) {
      facts.set(`slot ${backendSlot}`, 'nothing, though slot 0 counts it');
      continue;
    }
    if (slot.revNatIndex !== revNatId || slot.flags !== flags || slot.flags2 !== flags2)
      facts.set(`slot ${backendSlot}`, 'another id or other flags than slot 0');
    const backend = find(maps.backends, { backendId: slot.backendId });
    // Behind the endpoint: state, and zone where there is one.
    const state = backend === undefined ? 'a slot only' : textOf(backend).split(' ').slice(1).join(' ');
    facts.set(`backend ${nameOf(slot.backendId)}`, backendSlot > count ? `${state}, no new flows` : state);
  }
  const reverse = find(maps.reverseNat, { revNatId });
  if (reverse !== undefined) facts.set('reverse NAT', textOf(reverse));
  const table = find(maps.maglev, { revNatId })?.value;
  if (table instanceof Uint32Array) {
    const shares = maglevShares(table).map(([id, slots]) => `${nameOf(id)} ${slots}`);
    const order = createHash('sha256')
      .update([...table].map(nameOf).join())
      .digest('hex')
      .slice(0, 8);
    facts.set('Maglev table', `${shares.sort().join(', ')} of ${table.length} (order ${order})`);
  }
  for (const entry of entries.values()) {
    const own = entry.key as { readonly revNatId?: number; readonly backendId?: number };
    if (own.revNatId !== revNatId) continue;
    if (entry.map === 'lb_affinity_match') facts.set(`affinity ${nameOf(own.backendId!)}`, 'allowed');
    if (entry.map === maps.sourceRange)
      facts.set(`source range ${keyTextOf(layoutOf(entry)).format(entry.key).split(' ')[1]}`, 'there');
  }
  return facts;
}

const layoutOf = ({ map }: DumpEntry) => (catalog as Readonly<Record<string, AnyLayout>>)[map]!;
const textOf = (entry: DumpEntry): string => valueTextOf(layoutOf(entry), entry.key).format(entry.value);
