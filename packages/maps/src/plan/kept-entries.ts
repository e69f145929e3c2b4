import type { MapKey } from '../catalog.ts';
import type { Lb4Slot } from '../layouts/service.ts';
import type { Entry } from '../project/entry.ts';
import type { Projection } from '../project/projection.ts';
import { isMaster, isService, isWildcard, type MasterValue, serviceName } from '../project/service-entry.ts';

/**
 * Tells which of the entries that would be deleted stay because they serve a frontend that the projection refuses: its old
 * state goes on working until it is accepted, or is no longer asked for.
 */
export function keptEntries(
  { refused, frontends }: Projection,
  deletes: readonly Entry[],
): (entry: Entry) => boolean {
  const names = new Set(refused.flatMap((refusal) => refusal.names).filter((name) => !frontends.has(name)));
  if (names.size === 0) return () => false;
  const ids = new Set<number>();
  const addresses = new Set<string>();
  const backends = new Set<number>();
  for (const entry of deletes) {
    if (!isService(entry) || isWildcard(entry) || !names.has(serviceName(entry))) continue;
    if (isMaster(entry)) {
      ids.add((entry.value as MasterValue).revNatIndex);
      addresses.add((entry.key as MapKey<'lb4_services_v2'>).address);
    } else {
      backends.add((entry.value as Lb4Slot).backendId);
    }
  }
  return (entry) => {
    if (isWildcard(entry)) return addresses.has((entry.key as MapKey<'lb4_services_v2'>).address);
    if (isService(entry)) return names.has(serviceName(entry));
    if ('revNatId' in entry.key) return ids.has(entry.key.revNatId);
    return 'backendId' in entry.key && backends.has(entry.key.backendId);
  };
}
