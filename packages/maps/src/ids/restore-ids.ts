import type { Lb4Slot } from '../layouts/service.ts';
import { endpointName } from '../model/endpoint-name.ts';
import { protocolName } from '../model/protocol.ts';
import type { Snapshot } from '../plan/snapshot.ts';
import { isBackend, isReverseNat } from '../project/entry-kinds.ts';
import { isMaster, isService, isWildcard, type MasterValue, serviceName } from '../project/service-entry.ts';
import { createIds, type Ids, type IdsOptions } from './ids.ts';

/**
 * Ids as the maps have them, so that nothing that is right gets another id. New ids begin above the highest one found.
 *
 * Where two frontends share an id (a fault of whoever wrote it) the one that the reverse NAT entry names keeps it, and the
 * other gets a new one. Where one backend has two ids, the one that slots use is kept; where backends of both families
 * have one id, both get new ones. Every other id that occurs
 * anywhere is quarantined: flows may still carry it.
 */
export function restoreIds({ entries }: Snapshot, options: IdsOptions = {}): Ids {
  const ids = createIds(options);
  const all = [...entries.values()];

  const reverse = new Map<number, { address: string; port: number }>();
  const usedBackends = new Set<number>();
  // Families share the ids: of two backends with one id neither keeps it, as nothing says whose flows carry it.
  const ofBackends = new Set<number>();
  const twice = new Set<number>();
  for (const entry of all) {
    if (isReverseNat(entry)) reverse.set(entry.key.revNatId, entry.value);
    else if (isBackend(entry)) {
      const { backendId } = entry.key;
      if (ofBackends.has(backendId)) twice.add(backendId);
      else ofBackends.add(backendId);
    } else if (isService(entry) && !isMaster(entry)) usedBackends.add((entry.value as Lb4Slot).backendId);
  }

  const masters = all
    .filter((entry) => isMaster(entry) && !isWildcard(entry))
    .map((entry) => {
      const { address, dport } = entry.key as { address: string; dport: number };
      const id = (entry.value as MasterValue).revNatIndex;
      const named = reverse.get(id);
      return {
        name: serviceName(entry),
        id,
        rank: named?.address === address && named.port === dport ? 0 : 1,
      };
    });
  for (const { name, id } of masters.sort((a, b) => a.rank - b.rank)) ids.frontends.restore(name, id);

  const backends = all
    .filter((entry) => isBackend(entry))
    .map(({ key, value: { address, port, proto } }) => ({
      name: endpointName(address, port, protocolName(proto)),
      id: key.backendId,
      rank: usedBackends.has(key.backendId) ? 0 : 1,
    }));
  for (const { name, id } of backends.sort((a, b) => a.rank - b.rank || a.id - b.id))
    if (!twice.has(id)) ids.backends.restore(name, id);

  for (const { key, value } of all) {
    if ('revNatId' in key) ids.frontends.reserve(key.revNatId);
    if ('revNatIndex' in value) ids.frontends.reserve(value.revNatIndex);
    if ('backendId' in key) ids.backends.reserve(key.backendId);
    if ('backendId' in value) ids.backends.reserve(value.backendId);
  }
  return ids;
}
