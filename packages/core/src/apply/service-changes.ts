import { byService, type Frontend } from '@lbx/maps';
import type { ServiceChanges } from './programmer.ts';

/** What has to change so that there are exactly these frontends: a service with the same Frontend objects has not changed. */
export function changesTo(frontends: readonly Frontend[], services: ServiceChanges): ServiceChanges {
  const wanted = byService(frontends);
  const changes = new Map<string, readonly Frontend[]>();
  for (const service of services.keys()) if (!wanted.has(service)) changes.set(service, []);
  for (const [service, list] of wanted) {
    const before = services.get(service);
    if (before?.length === list.length && before.every((frontend, i) => frontend === list[i])) continue;
    changes.set(service, list);
  }
  return changes;
}
